import { createStore, get, getMany, promisifyRequest, setMany } from "idb-keyval";

/** Every chunk of a file but the last is this long, so that chunk i begins at i * chunkBytes. */
export const chunkBytes = 65536;

/** What the store knows of one file of a model. */
export interface FileRecord {
  readonly url: string;
  /** `ModelLocation.id` of the model it belongs to. */
  readonly model: string;
  /** Its name in the model's folder. */
  readonly file: string;
  /**
   * "complete" is written together with the last chunk, never before.
   * "absent": the server said that there is no such file; no chunks.
   */
  readonly state: "partial" | "complete" | "absent";
  /**
   * The whole model was loaded from this and its other files. Until then the absence of a file
   * proves nothing: it may be the very reason why the model did not load.
   */
  readonly confirmed: boolean;
  /** Whole chunks kept, from the first on. */
  readonly chunkCount: number;
  /** null while the server has not told; a number once complete. */
  readonly totalBytes: number | null;
  /** Strong ETag or Last-Modified of the version these chunks are of; null where unknown. */
  readonly validator: string | null;
  /** SHA-256 of the whole, hexadecimal: as announced, once complete as found; null where unknown. */
  readonly sha256: string | null;
  /** Milliseconds since 1970 of the last write. */
  readonly storedAt: number;
}

export interface StoredChunk {
  readonly bytes: Uint8Array;
  /**
   * SHA-256, hexadecimal, of the file from its first byte to the end of this chunk. It costs one
   * finalisation of the running hash, and damage shows before the chunk is handed on; that of the
   * last chunk is the digest of the whole.
   */
  readonly sha256: string;
}

/** Keeps files in chunks. Every method may reject: a store can be forbidden, full, or cleared. */
export interface ChunkStore {
  /** null when nothing is known of the file. */
  read(url: string): Promise<FileRecord | null>;
  /** `count` chunks from index `first`; null in the place of each that is not kept. */
  readChunks(url: string, first: number, count: number): Promise<(StoredChunk | null)[]>;
  /** Keeps a record and the last of the chunks it counts. Where this fails, the record is as before. */
  write(record: FileRecord, chunks: readonly StoredChunk[]): Promise<void>;
  /** Forgets a file and all its chunks; nothing happens when there is none. */
  remove(url: string): Promise<void>;
  /** The records of all files, in no order. */
  list(): Promise<FileRecord[]>;
}

/**
 * The store of this origin, in an IndexedDB database of its own. Keys are ["file", url] and
 * ["chunk", url, index]. The database is opened by the first call, not here.
 */
export function indexedDbChunkStore(database = "fwhisper-models"): ChunkStore {
  const store = createStore(database, "files");
  const chunkKey = (url: string, index: number) => ["chunk", url, index];
  return {
    async read(url) {
      return (await get<FileRecord>(["file", url], store)) ?? null;
    },
    async readChunks(url, first, count) {
      const keys = Array.from({ length: count }, (_, i) => chunkKey(url, first + i));
      const chunks = await getMany<StoredChunk>(keys, store);
      return chunks.map((chunk) => chunk ?? null);
    },
    async write(record, chunks) {
      const first = record.chunkCount - chunks.length;
      await setMany(
        [
          ...chunks.map((chunk, i): [IDBValidKey, StoredChunk] => [
            chunkKey(record.url, first + i),
            chunk,
          ]),
          [["file", record.url], record],
        ],
        store,
      );
    },
    async remove(url) {
      await store("readwrite", (objects) => {
        objects.delete(["file", url]);
        objects.delete(keysUnder("chunk", url));
        return promisifyRequest(objects.transaction);
      });
    },
    async list() {
      return store("readonly", (objects) =>
        promisifyRequest<FileRecord[]>(objects.getAll(keysUnder("file"))),
      );
    },
  };
}

/** All array keys that begin so: an array sorts after every string and number. */
function keysUnder(...prefix: string[]): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

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
