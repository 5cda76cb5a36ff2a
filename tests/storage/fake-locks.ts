/** Web Locks within one process: exclusive, first come first served, abortable while waiting. */
export function fakeLocks(): LockManager {
  const tails = new Map<string, Promise<void>>();
  async function request(
    name: string,
    { signal }: LockOptions,
    callback: () => Promise<void>,
  ): Promise<void> {
    const before = tails.get(name) ?? Promise.resolve();
    let release = () => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    tails.set(
      name,
      before.then(() => mine),
    );
    try {
      await new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", () => reject(signal.reason));
        before.then(resolve);
      });
      await callback();
    } finally {
      release();
    }
  }
  return { request } as unknown as LockManager;
}
