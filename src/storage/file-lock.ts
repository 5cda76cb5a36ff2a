/**
 * Waits until nobody else, in any tab or worker of this origin, holds the lock `name`, and gives
 * the function that lets it go. Rejects with the signal's reason when that aborts first.
 */
export function holdLock(
  locks: LockManager,
  name: string,
  signal: AbortSignal,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    locks
      .request(name, { signal }, held)
      .catch((error) => reject(signal.aborted ? signal.reason : error));
  });
}
