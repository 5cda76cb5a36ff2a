import { untilAborted } from "./abort.ts";
import { asyncIterator } from "./iterators.ts";

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
      await untilAborted(before, signal);
      return end;
    } catch (reason) {
      // Those who came later still wait for those before.
      void before.then(end);
      throw reason;
    }
  }
}

/**
 * Items of which the first waits for a turn, which ends with the last, with what they throw, or with
 * `return()`, called on items that nobody has asked for too.
 */
export function inTurn<Item>(
  turn: Promise<() => void>,
  items: AsyncGenerator<Item, undefined, undefined>,
): AsyncIterableIterator<Item, undefined> {
  turn.catch(() => {}); // nobody may come to ask for it
  return asyncIterator({
    async next() {
      const end = await turn;
      try {
        const result = await items.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async end() {
      try {
        // Waits for what the items are at.
        await items.return(undefined);
      } finally {
        void turn.then((end) => end()).catch(() => {});
      }
    },
  });
}
