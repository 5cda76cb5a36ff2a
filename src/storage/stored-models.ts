import { StorageError } from "../errors.ts";
import type { ModelFiles } from "../options/options.ts";
import {
  type ChunkStore,
  chunkBytes,
  type FileRecord,
  indexedDbChunkStore,
} from "./chunk-store.ts";
import { type LocateOptions, locateModel } from "./locate.ts";

/** A model in the store, whole or in part. */
export interface StoredModel {
  /**
   * "embedded" or another name of `ModelFiles`, a Hugging Face id, or the address of the folder; may be
   * given to delete it.
   */
  readonly id: string;
  readonly bytes: number;
  /** How many of its files are kept, at least in part. */
  readonly files: number;
  /** It was loaded whole, and loads without network. */
  readonly complete: boolean;
  /** When something of it was last kept. */
  readonly storedAt: Date;
}

export interface StorageUsage {
  /** Bytes of all models. */
  readonly usedBytes: number;
  /** What the browser allows this origin; null where it does not tell. */
  readonly quotaBytes: number | null;
  /** What this origin takes up in all, by the browser's estimate; null where it does not tell. */
  readonly originUsageBytes: number | null;
  /** The browser will not clear it by itself when space runs short. */
  readonly persisted: boolean;
}

/** The models in the store, by id. Throws StorageError where there can be no store. */
export async function listModels(
  store: ChunkStore = indexedDbChunkStore(),
): Promise<StoredModel[]> {
  const records = await attempt("read", () => store.list());
  const byModel = new Map<string, FileRecord[]>();
  for (const record of records) {
    byModel.set(record.model, [...(byModel.get(record.model) ?? []), record]);
  }
  return [...byModel]
    .map(([id, files]) => describe(id, files))
    .filter(({ files }) => files > 0)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Removes a model: by the id of `listModels`, or by what was given to load it, with the same
 * options. false when the store has nothing of it. Throws OptionError for what cannot be a model,
 * StorageError where there can be no store.
 */
export async function deleteModel(
  model: string | URL | ModelFiles,
  options: LocateOptions = {},
  store: ChunkStore = indexedDbChunkStore(),
): Promise<boolean> {
  const records = await attempt("read", () => store.list());
  const isId =
    Object.keys(options).length === 0 && records.some((record) => record.model === model);
  const { id } = isId ? { id: model } : locateModel(model, options);
  const files = records.filter((record) => record.model === id);
  for (const { url } of files) await attempt("changed", () => store.remove(url));
  return files.length > 0;
}

/** Throws StorageError where there can be no store. */
export async function storageUsage(
  store: ChunkStore = indexedDbChunkStore(),
): Promise<StorageUsage> {
  const models = await listModels(store);
  const storage = globalThis.navigator?.storage;
  const estimate = await storage?.estimate?.();
  return {
    usedBytes: models.reduce((sum, { bytes }) => sum + bytes, 0),
    quotaBytes: estimate?.quota ?? null,
    originUsageBytes: estimate?.usage ?? null,
    persisted: (await storage?.persisted?.()) ?? false,
  };
}

/**
 * Asks the browser not to clear the store by itself; it may ask the user. false when it refuses or
 * cannot. For pages only: workers are not given this function.
 */
export async function persistStorage(): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}

function describe(id: string, records: readonly FileRecord[]): StoredModel {
  const files = records.filter(({ state }) => state !== "absent");
  const bytesOf = ({ state, totalBytes, chunkCount }: FileRecord) =>
    state === "complete" ? totalBytes! : chunkCount * chunkBytes;
  return {
    id,
    bytes: files.reduce((sum, record) => sum + bytesOf(record), 0),
    files: files.length,
    complete: records.every(({ confirmed }) => confirmed),
    storedAt: new Date(Math.max(...records.map(({ storedAt }) => storedAt))),
  };
}

async function attempt<T>(participle: "read" | "changed", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new StorageError(
      `This browser's model store cannot be ${participle} (${cause}). ` +
        "Private windows and blocked site data are the usual reasons.",
      {},
      { cause },
    );
  }
}
