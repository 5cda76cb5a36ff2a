/** Lets one work at a time: whoever comes waits for all who came before. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for its turn.
   *
   * @returns what ends the turn
   * @throws the signal's reason, when it aborts before the turn has come; then there is none to end
   */
  async take(signal: AbortSignal): Promise<() => void> {
    const before = this.#last;
    let end = () => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await unlessAborted(before, signal);
      return end;
    } catch (reason) {
      // Those who came later still wait for those before.
      void before.then(end);
      throw reason;
    }
  }
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    void promise.then(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
  });
}
