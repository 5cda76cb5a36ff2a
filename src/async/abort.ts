/** `promise`, unless the signal aborts first: then it rejects with the signal's reason. */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Resolves after that many milliseconds; rejects with the signal's reason when it aborts first. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await untilAborted(passed, signal).finally(() => clearTimeout(timer));
}

/** A signal that aborts as the first of two does, or when `end` is called. */
export function eitherSignal(
  signal: AbortSignal | undefined,
  stop: AbortSignal,
): { readonly signal: AbortSignal; end(): void } {
  // Not AbortSignal.any: what that makes is held by a signal that outlives the call.
  const controller = new AbortController();
  const sources = signal === undefined ? [stop] : [signal, stop];
  const listeners = sources.map((source) => {
    const forward = () => controller.abort(source.reason);
    if (source.aborted) forward();
    else source.addEventListener("abort", forward, { once: true });
    return () => source.removeEventListener("abort", forward);
  });
  return {
    signal: controller.signal,
    end() {
      for (const remove of listeners) remove();
      controller.abort();
    },
  };
}
