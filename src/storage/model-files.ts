import type { ModelSource } from "../checkpoint/model-source.ts";
import { ModelError } from "../errors.ts";
import type { LoadProgress } from "../results.ts";
import { type ChunkStore, forgivingStore, indexedDbChunkStore } from "./chunk-store.ts";
import { parseJson, readText } from "./decode-file.ts";
import { deliverFile, type ReportBytes } from "./file-delivery.ts";
import type { ModelLocation } from "./locate.ts";

export interface ModelFilesOptions {
  readonly onProgress?: ((event: LoadProgress) => void) | undefined;
  /** Ends every read with the signal's reason. What has come stays in the store. */
  readonly signal?: AbortSignal | undefined;
  /** Where files are kept; null keeps nothing. Default: IndexedDB. */
  readonly store?: ChunkStore | null | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Keeps tabs from downloading the same file at once; default `navigator.locks`, if there. */
  readonly locks?: LockManager | null | undefined;
  /** Milliseconds before each new try after a connection broke. */
  readonly retryDelays?: readonly number[] | undefined;
}

export interface OpenedModel extends ModelSource {
  /**
   * To be called once the model is loaded. From then on it needs no network at all: that some
   * optional file does not exist is then known as surely as the bytes of the others. Versions of
   * these files that were kept under other addresses are removed.
   */
  markComplete(): Promise<void>;
}

/**
 * The files of a model, from the store where it has them, else from the network and into the store.
 * A stream from `open` must be read to its end or cancelled: until then other tabs that want the
 * same file may be waiting for it. Besides ModelSource's errors, throws DownloadError.
 */
export function openModelFiles(
  location: ModelLocation,
  options: ModelFilesOptions = {},
): OpenedModel {
  const { onProgress = () => {}, signal, retryDelays = [500, 2000, 5000] } = options;
  const {
    store: givenStore = indexedDbChunkStore(),
    locks = globalThis.navigator?.locks ?? null,
    fetch = globalThis.fetch.bind(globalThis),
  } = options;
  const name = location.id;
  const warn = (message: string) => onProgress({ status: "warning", message });
  const store = forgivingStore(givenStore, (error) =>
    warn(
      `${name} cannot be kept in this browser (${error}). It is used from memory, and downloaded again next time.`,
    ),
  );
  const openedUrls = new Map<string, string>();

  async function open(file: string) {
    const url = location.fileUrl(file);
    if (url === null) return null;
    openedUrls.set(file, url);
    const report = downloadProgress(file, onProgress);
    return deliverFile(
      { url, model: name, file },
      { store, fetch, locks, retryDelays, signal, report, warn },
    );
  }

  async function text(file: string): Promise<string | null> {
    const opened = await open(file);
    return opened && forgetIfDamaged(file, readText(opened.stream, file, name));
  }

  async function json(file: string): Promise<unknown> {
    const content = await text(file);
    if (content === null) return null;
    return forgetIfDamaged(file, (async () => parseJson(content, file, name))());
  }

  /** What a server sent by mistake must not come back from the store for ever. */
  async function forgetIfDamaged<T>(file: string, content: Promise<T>): Promise<T> {
    try {
      return await content;
    } catch (error) {
      if (error instanceof ModelError) await store.remove(openedUrls.get(file)!);
      throw error;
    }
  }

  async function markComplete(): Promise<void> {
    for (const record of await store.list()) {
      if (record.model !== name) continue;
      const url = openedUrls.get(record.file);
      if (url === undefined) continue;
      if (url !== record.url) await store.remove(record.url);
      else if (record.state !== "partial" && !record.confirmed) {
        await store.write({ ...record, confirmed: true }, []);
      }
    }
  }

  return { name, json, text, open, markComplete };
}

/** Events at most this often, in milliseconds, besides the first and the last of a file. */
const interval = 100;

/** Turns the arrival of every chunk of a file into a bearable number of events. */
export function downloadProgress(
  file: string,
  onProgress: (event: LoadProgress) => void,
  now: () => number = () => performance.now(),
): ReportBytes {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (loadedBytes, totalBytes, cached, last) => {
    const time = now();
    if (!last && time - reportedAt < interval) return;
    reportedAt = time;
    onProgress({
      status: "download",
      file,
      loadedBytes,
      // A Content-Length below what has come was that of the compressed body.
      totalBytes: totalBytes !== null && totalBytes < loadedBytes ? null : totalBytes,
      cached,
    });
  };
}
