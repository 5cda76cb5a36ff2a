/** An iterator by its two methods: a generator is deaf to `return()` while it waits. */
export function asyncIterator<Item>(methods: {
  next(): Promise<IteratorResult<Item, undefined>>;
  /** What `return()` does before it answers. */
  end(): Promise<unknown>;
}): AsyncIterableIterator<Item, undefined> {
  return {
    next: methods.next,
    async return() {
      await methods.end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

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
  return asyncIterator({
    async next() {
      try {
        return await items.next();
      } catch (error) {
        if (stop.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async end() {
      stop.abort();
      await items.return(undefined);
    },
  });
}
