/**
 * An async generator that may be left while it waits: a plain one does not look at `return()` before it
 * comes to its next `yield`, which in a silent room may take hours.
 *
 * @param begin makes the generator; what it waits for must end when `stop` aborts
 */
export function stoppable<Item>(
  begin: (stop: AbortSignal) => AsyncGenerator<Item, undefined, undefined>,
): AsyncIterableIterator<Item, undefined> {
  const stop = new AbortController();
  const items = begin(stop.signal);
  const over = { done: true, value: undefined } as const;
  return {
    async next() {
      try {
        return await items.next();
      } catch (error) {
        if (stop.signal.aborted) return over;
        throw error;
      }
    },
    async return() {
      stop.abort();
      await items.return(undefined);
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
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
