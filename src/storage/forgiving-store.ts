import type { ChunkStore } from "./chunk-store.ts";

/** A store whose failure is no reason to stop: it then behaves as one that holds nothing. */
export interface ForgivingStore extends ChunkStore {
  /** false when there is no store, or since it failed. */
  readonly working: boolean;
}

/**
 * Calls `onFailure` once, at the first failure. IndexedDB fails in more ways than are documented:
 * Firefox's private windows refuse to open it, Safari closes the connection of a sleeping page, a
 * full disk aborts the transaction, and some embedded browsers have none at all.
 */
export function forgivingStore(
  store: ChunkStore | null,
  onFailure: (error: unknown) => void,
): ForgivingStore {
  let working = store;
  async function attempt<T>(work: (store: ChunkStore) => Promise<T>, otherwise: T): Promise<T> {
    if (working === null) return otherwise;
    try {
      return await work(working);
    } catch (error) {
      if (working !== null) {
        working = null;
        onFailure(error);
      }
      return otherwise;
    }
  }
  return {
    get working() {
      return working !== null;
    },
    read: (url) => attempt((store) => store.read(url), null),
    readChunks: (url, first, count) =>
      attempt((store) => store.readChunks(url, first, count), Array(count).fill(null)),
    write: (record, chunks) => attempt((store) => store.write(record, chunks), undefined),
    remove: (url) => attempt((store) => store.remove(url), undefined),
    list: () => attempt((store) => store.list(), []),
  };
}
