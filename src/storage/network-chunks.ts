import { chunkBytes, type ForgivingStore } from "./chunk-store.ts";
import { type FileAnswer, requestFile } from "./request-file.ts";
import type { StoredFile } from "./stored-file.ts";

export interface Network {
  readonly fetch: typeof fetch;
  /** null: other tabs may download the same file at the same time. */
  readonly locks: LockManager | null;
  readonly store: ForgivingStore;
}

/** Where the bytes come from that the store has not: one answer at a time, and the lock on the file. */
export class Connection {
  readonly #network: Network;
  readonly #signal: AbortSignal;
  #answer: FileAnswer | null = null;
  #releaseLock: (() => void) | null = null;

  constructor(network: Network, signal: AbortSignal) {
    this.#network = network;
    this.#signal = signal;
  }

  get answer(): FileAnswer | null {
    return this.#answer;
  }

  /**
   * Asks for what the store has not. Another tab may be at it: then this waits, and there is no answer
   * when that tab has left the complete file.
   */
  async open(stored: StoredFile): Promise<void> {
    const { fetch, locks, store } = this.#network;
    const { url } = stored.record;
    if (this.#releaseLock === null && locks !== null && store.working) {
      this.#releaseLock = await holdLock(locks, `fwhisper ${url}`, this.#signal);
      if (await stored.readAgain()) return;
    }
    const { chunkCount, validator, totalBytes } = stored.record;
    const known =
      chunkCount > 0 && validator !== null
        ? { start: chunkCount * chunkBytes, validator, totalBytes }
        : null;
    this.#answer = await requestFile(url, known, fetch, {
      signal: this.#signal,
      // A second copy in the browser's own cache would only take the place of the first.
      cache: store.working ? "no-store" : "default",
    });
    await stored.expect(this.#answer);
  }

  async close(): Promise<void> {
    const answer = this.#answer;
    this.#answer = null;
    // The body is locked while it is read, and its reader cancels it then.
    if (answer !== null && !answer.body.locked) await answer.body.cancel().catch(() => {});
  }

  unlock(): void {
    this.#releaseLock?.();
    this.#releaseLock = null;
  }
}

/**
 * Waits until nobody else, in any tab or worker of this origin, holds the lock `name`, and gives
 * the function that lets it go. Rejects with the signal's reason when that aborts first.
 */
function holdLock(locks: LockManager, name: string, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    locks
      .request(name, { signal }, held)
      .catch((error) => reject(signal.aborted ? signal.reason : error));
  });
}

/** The connection broke, or the body ended early: what has come is good, and the rest may yet come. */
export class BrokenTransfer extends Error {}

/** The pieces of a body as they come. Safari cannot iterate over a stream by itself. */
export async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new BrokenTransfer(`the connection failed: ${cause}`, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/**
 * Cuts pieces of any length into chunks of `chunkBytes`; the last may be shorter, and is empty only
 * where there are no bytes at all. A full chunk is held back until a further byte, or the end, shows
 * whether it is the last. Each chunk owns its buffer: IndexedDB would clone all of a larger one.
 */
export async function* cutChunks(
  pieces: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  for await (const piece of pieces) {
    let taken = 0;
    while (taken < piece.length) {
      if (filled === chunkBytes) {
        yield { bytes: chunk, last: false };
        chunk = new Uint8Array(chunkBytes);
        filled = 0;
      }
      const part = piece.subarray(taken, taken + chunkBytes - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield { bytes: filled === chunkBytes ? chunk : chunk.slice(0, filled), last: true };
}
