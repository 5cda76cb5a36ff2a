import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { DownloadError } from "../errors.ts";
import {
  chunkBytes,
  type FileRecord,
  type ForgivingStore,
  type StoredChunk,
} from "./chunk-store.ts";
import type { FileAnswer } from "./request-file.ts";

/** One file of a model. */
export interface FileTarget {
  readonly url: string;
  /** `ModelLocation.id` of its model. */
  readonly model: string;
  readonly file: string;
}

/** A chunk and where in the file it ends. */
export interface PlacedChunk extends StoredChunk {
  readonly end: number;
}

/** At most this many chunks are in memory without being kept: 1 MB. */
export const batchChunks = 16;

/** What the store has of one file, and how much of that is read and sound. */
export class StoredFile {
  readonly #target: FileTarget;
  readonly #store: ForgivingStore;
  readonly #warn: (message: string) => void;
  #record: FileRecord;
  /** Of what is read or written and sound so far: whole chunks, until the file ends. */
  #prefix: Prefix = nothing;

  constructor(target: FileTarget, store: ForgivingStore, warn: (message: string) => void) {
    this.#target = target;
    this.#store = store;
    this.#warn = warn;
    this.#record = this.#emptyRecord();
  }

  get record(): FileRecord {
    return this.#record;
  }

  /** From the first on, read or written and found sound. */
  get soundBytes(): number {
    return this.#prefix.byteLength;
  }

  async read(): Promise<void> {
    this.#record = (await this.#store.read(this.#target.url)) ?? this.#record;
  }

  /** What another tab has left meanwhile; true when that is the complete file. */
  async readAgain(): Promise<boolean> {
    const kept = await this.#store.read(this.#target.url);
    if (!this.#store.working) return false;
    this.#record = kept ?? this.#emptyRecord();
    const complete = this.#record.state === "complete";
    if (complete || this.#record.chunkCount < this.#prefix.chunkCount) {
      this.#prefix = nothing;
    }
    return complete;
  }

  /** Gives what is stored beyond the sound bytes; forgets the rest from the first damaged chunk on. */
  async *replay(signal: AbortSignal): AsyncGenerator<PlacedChunk> {
    const { url, file, model } = this.#target;
    while (this.#prefix.chunkCount < this.#record.chunkCount) {
      const first = this.#prefix.chunkCount;
      const count = Math.min(batchChunks, this.#record.chunkCount - first);
      for (const chunk of await this.#store.readChunks(url, first, count)) {
        signal.throwIfAborted();
        const extended = chunk && extend(this.#prefix, chunk.bytes);
        if (extended === null || !this.#isSound(chunk!, extended)) {
          if (this.#store.working) {
            this.#warn(`The stored ${file} of ${model} is damaged; the rest is downloaded anew.`);
          }
          const chunkCount = this.#prefix.chunkCount;
          await this.#save({ state: "partial", confirmed: false, chunkCount }, []);
          return;
        }
        this.#prefix = extended;
        yield { ...chunk!, end: extended.byteLength };
      }
    }
  }

  /** `extended`: the prefix with the chunk. */
  #isSound(chunk: StoredChunk, extended: Prefix): boolean {
    const { state, chunkCount, totalBytes, sha256 } = this.#record;
    if (chunk.sha256 !== extended.sha256) return false;
    if (state === "partial" || extended.chunkCount < chunkCount)
      return extended.byteLength === extended.chunkCount * chunkBytes;
    return extended.byteLength === totalBytes && extended.sha256 === sha256;
  }

  /** Makes ready for what a server sends. null: there is no such file. */
  async expect(answer: FileAnswer | null): Promise<void> {
    const { url } = this.#target;
    if (answer === null) {
      await this.#store.remove(url);
      this.#record = this.#emptyRecord();
      await this.#save({ state: "absent" }, []);
      return;
    }
    const { start, totalBytes, validator, sha256 } = answer;
    if (start === 0) {
      // Also when there was a part of the file: its server cannot resume, or has another version.
      if (this.#record.chunkCount > 0) await this.#store.remove(url);
      this.#record = { ...this.#emptyRecord(), totalBytes, validator, sha256 };
      this.#prefix = nothing;
    } else {
      const digest = sha256 ?? this.#record.sha256;
      this.#record = { ...this.#record, totalBytes, validator, sha256: digest };
    }
  }

  /** Takes the chunk after the sound bytes; `keep` or `complete` writes it. */
  append(bytes: Uint8Array): PlacedChunk {
    this.#prefix = extend(this.#prefix, bytes);
    return { bytes, sha256: this.#prefix.sha256, end: this.#prefix.byteLength };
  }

  /** Writes the last chunks that were appended. */
  async keep(batch: readonly PlacedChunk[]): Promise<void> {
    if (batch.length > 0) await this.#save({ chunkCount: this.#prefix.chunkCount }, batch);
  }

  /** Writes the last chunks, of which none follows. @throws DownloadError for a wrong digest */
  async complete(batch: readonly PlacedChunk[]): Promise<void> {
    const { url, file, model } = this.#target;
    const { chunkCount, byteLength, sha256: found } = this.#prefix;
    const { sha256: expected } = this.#record;
    if (expected !== null && expected !== found) {
      await this.#store.remove(url);
      throw new DownloadError(
        `${file} of ${model} came damaged: expected SHA-256 ${expected}, found ${found}. ` +
          "Nothing of it was kept; load it again.",
        { url, file, expected, found },
      );
    }
    const facts = { chunkCount, totalBytes: byteLength, sha256: found };
    await this.#save({ state: "complete", ...facts }, batch);
  }

  async #save(changes: Partial<FileRecord>, batch: readonly PlacedChunk[]): Promise<void> {
    this.#record = { ...this.#record, ...changes, storedAt: Date.now() };
    const chunks = batch.map(({ bytes, sha256 }) => ({ bytes, sha256 }));
    await this.#store.write(this.#record, chunks);
  }

  #emptyRecord(): FileRecord {
    return {
      ...this.#target,
      state: "partial",
      confirmed: false,
      chunkCount: 0,
      totalBytes: null,
      validator: null,
      sha256: null,
      storedAt: 0,
    };
  }
}

/** A file's first chunks. */
interface Prefix {
  readonly hash: ReturnType<typeof sha256.create>;
  readonly chunkCount: number;
  readonly byteLength: number;
  /** Of all its bytes, hexadecimal. */
  readonly sha256: string;
}

const nothing: Prefix = { hash: sha256.create(), chunkCount: 0, byteLength: 0, sha256: "" };

/** The prefix and one chunk more; `prefix` stays as it is. */
function extend({ hash, chunkCount, byteLength }: Prefix, chunk: Uint8Array): Prefix {
  const extended = hash.clone().update(chunk);
  return {
    hash: extended,
    chunkCount: chunkCount + 1,
    byteLength: byteLength + chunk.length,
    sha256: bytesToHex(extended.clone().digest()),
  };
}
