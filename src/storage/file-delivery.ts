import { wait } from "../async/wait.ts";
import { DownloadError } from "../errors.ts";
import { chunkBytes, type FileRecord, type StoredChunk } from "./chunk-store.ts";
import { cutChunks } from "./cut-chunks.ts";
import type { ReportBytes } from "./download-progress.ts";
import { holdLock } from "./file-lock.ts";
import type { ForgivingStore } from "./forgiving-store.ts";
import { PrefixDigest } from "./prefix-digest.ts";
import { BrokenTransfer, piecesOf } from "./read-body.ts";
import { type FileAnswer, requestFile } from "./request-file.ts";

/** One file of a model. */
export interface FileTarget {
  readonly url: string;
  /** `ModelLocation.id` of its model. */
  readonly model: string;
  readonly file: string;
}

export interface DeliverySurroundings {
  readonly store: ForgivingStore;
  readonly fetch: typeof fetch;
  /** null: other tabs may download the same file at the same time. */
  readonly locks: LockManager | null;
  /** Milliseconds before each new try after the connection broke; progress starts it over. */
  readonly retryDelays: readonly number[];
  readonly signal: AbortSignal | undefined;
  readonly report: ReportBytes;
  readonly warn: (message: string) => void;
}

/** At most this many chunks are in memory without being kept: 1 MB ... */
const batchChunks = 16;
/** ... and on a slow line a chunk waits no longer than this for others, in milliseconds. */
const batchInterval = 250;

/**
 * Brings the bytes of one file to one reader: from the store as far as it has them undamaged, from
 * the network for the rest, keeping each chunk before the reader gets it. The last chunk is kept
 * together with the mark that the file is complete, so that a reader who stops at the last byte it
 * needs leaves a complete file behind.
 */
export class FileDelivery {
  readonly #target: FileTarget;
  readonly #around: DeliverySurroundings;
  readonly #stop = new AbortController();
  #record: FileRecord;
  #answer: FileAnswer | null = null;
  #releaseLock: (() => void) | null = null;

  /** Of what is read and sound so far: whole chunks, until the file ends. */
  #prefix = PrefixDigest.empty;
  /** What the reader has. It is ahead of the prefix while a changed server is caught up with. */
  #deliveredBytes = 0;
  #deliveredSha256 = "";

  #failures = 0;
  #deliveredAtFailure = 0;

  constructor(target: FileTarget, around: DeliverySurroundings) {
    this.#target = target;
    this.#around = around;
    this.#record = this.#emptyRecord();
    const { signal } = around;
    if (signal?.aborted) this.stop(signal.reason);
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Aborts when the reader cancels, and when the caller's signal does. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Length of the file; null while unknown. */
  get byteLength(): number | null {
    return this.#record.totalBytes;
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** Finds out where the bytes are to come from. false: there is no such file. */
  async begin(): Promise<boolean> {
    try {
      this.signal.throwIfAborted();
      this.#record = (await this.#around.store.read(this.#target.url)) ?? this.#record;
      const { state, confirmed } = this.#record;
      const settled = state === "complete" || (state === "absent" && confirmed);
      if (!settled) await this.#connect();
      if (this.#record.state === "absent") {
        await this.end();
        return false;
      }
      this.#around.report(0, this.byteLength, this.#record.chunkCount > 0, false);
      return true;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** The file, chunk by chunk. To be called once, after `begin`. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield* this.#replay();
        if (this.#record.state === "complete") {
          if (this.#prefix.byteLength < this.#deliveredBytes) throw this.#changed();
          return;
        }
        if (this.#answer === null) await this.#reconnect();
        else yield* this.#receive(this.#answer);
      }
    } finally {
      await this.end();
    }
  }

  /** Lets go of the lock and the connection. */
  async end(): Promise<void> {
    this.#around.signal?.removeEventListener("abort", this.#onAbort);
    await this.#disconnect();
    this.#releaseLock?.();
    this.#releaseLock = null;
  }

  readonly #onAbort = () => this.stop(this.#around.signal?.reason);

  /** Hands on what the store has; forgets the rest from the first damaged chunk on. */
  async *#replay(): AsyncGenerator<Uint8Array> {
    const { store, warn } = this.#around;
    const { url, file, model } = this.#target;
    while (this.#prefix.chunkCount < this.#record.chunkCount) {
      const first = this.#prefix.chunkCount;
      const count = Math.min(batchChunks, this.#record.chunkCount - first);
      for (const chunk of await store.readChunks(url, first, count)) {
        this.signal.throwIfAborted();
        const extended = chunk && this.#prefix.extendedBy(chunk.bytes);
        if (extended === null || !this.#isSound(chunk!, extended)) {
          if (store.working) {
            warn(`The stored ${file} of ${model} is damaged; the rest is downloaded anew.`);
          }
          await this.#disconnect();
          const chunkCount = this.#prefix.chunkCount;
          await this.#save({ state: "partial", confirmed: false, chunkCount }, []);
          return;
        }
        this.#prefix = extended;
        yield* this.#deliver(chunk!, extended.byteLength, true);
      }
    }
  }

  /** `extended`: the prefix with the chunk. */
  #isSound(chunk: StoredChunk, extended: PrefixDigest): boolean {
    const { state, chunkCount, totalBytes, sha256 } = this.#record;
    const whole = extended.chunkCount * chunkBytes;
    const found = extended.hex();
    if (chunk.sha256 !== found) return false;
    if (state === "partial" || extended.chunkCount < chunkCount)
      return extended.byteLength === whole;
    return extended.byteLength === totalBytes && sha256 === found;
  }

  /** `end`: where in the file the chunk ends. */
  *#deliver(chunk: StoredChunk, end: number, cached: boolean): Generator<Uint8Array> {
    if (end <= this.#deliveredBytes) {
      const meets = end > 0 && end === this.#deliveredBytes;
      if (meets && chunk.sha256 !== this.#deliveredSha256) throw this.#changed();
      return;
    }
    this.#deliveredBytes = end;
    this.#deliveredSha256 = chunk.sha256;
    const { state, totalBytes } = this.#record;
    this.#around.report(end, totalBytes, cached, state === "complete" && end === totalBytes);
    yield chunk.bytes;
  }

  /**
   * Asks the network for what the store has not. Another tab may be at it: then this waits, and
   * returns without an answer when that tab has left the complete file.
   */
  async #connect(): Promise<void> {
    const { store, locks, fetch } = this.#around;
    const { url } = this.#target;
    if (this.#releaseLock === null && locks !== null && store.working) {
      this.#releaseLock = await holdLock(locks, `fwhisper ${url}`, this.signal);
      if (await this.#readAgain()) return;
    }
    const { chunkCount, validator, totalBytes } = this.#record;
    const known =
      chunkCount > 0 && validator !== null
        ? { start: chunkCount * chunkBytes, validator, totalBytes }
        : null;
    const answer = await requestFile(url, known, fetch, {
      signal: this.signal,
      // A second copy in the browser's own cache would only take the place of the first.
      cache: store.working ? "no-store" : "default",
    });
    this.#answer = answer;
    if (answer === null) {
      await store.remove(url);
      this.#record = this.#emptyRecord();
      await this.#save({ state: "absent" }, []);
    } else if (answer.start === 0) {
      // Also when there was a part of the file: its server cannot resume, or has another version.
      if (chunkCount > 0) await store.remove(url);
      this.#record = { ...this.#emptyRecord(), ...factsOf(answer) };
      this.#prefix = PrefixDigest.empty;
    } else {
      const { sha256 } = this.#record;
      this.#record = { ...this.#record, ...factsOf(answer), sha256: answer.sha256 ?? sha256 };
    }
  }

  /** What another tab has left while this one waited; true when that is the complete file. */
  async #readAgain(): Promise<boolean> {
    const { store } = this.#around;
    const kept = await store.read(this.#target.url);
    if (!store.working) return false;
    this.#record = kept ?? this.#emptyRecord();
    const complete = this.#record.state === "complete";
    if (complete || this.#record.chunkCount < this.#prefix.chunkCount) {
      this.#prefix = PrefixDigest.empty;
    }
    return complete;
  }

  /** `#connect` for a reader who already has bytes. */
  async #reconnect(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      const status = error instanceof DownloadError ? error.details.status : 0;
      const passing = status === undefined || status === 429 || Number(status) >= 500;
      if (!passing || this.signal.aborted) throw error;
      await this.#pause(error);
      return;
    }
    if (this.#record.state === "absent") throw this.#changed();
  }

  /** Takes the bytes of an answer until the file is complete or the connection breaks. */
  async *#receive(answer: FileAnswer): AsyncGenerator<Uint8Array> {
    let batch: { chunk: StoredChunk; end: number }[] = [];
    let savedAt = performance.now();
    try {
      for await (const { bytes, last } of cutChunks(piecesOf(answer.body), chunkBytes)) {
        const { totalBytes } = this.#record;
        if (last && totalBytes !== null && this.#prefix.byteLength + bytes.length < totalBytes) {
          throw new BrokenTransfer(
            `the body ended after ${this.#prefix.byteLength + bytes.length} of ${totalBytes} bytes`,
          );
        }
        this.#prefix = this.#prefix.extendedBy(bytes);
        const digest = this.#prefix.hex();
        batch.push({ chunk: { bytes, sha256: digest }, end: this.#prefix.byteLength });
        const due = batch.length === batchChunks || performance.now() - savedAt > batchInterval;
        if (last) {
          await this.#complete(batch, digest);
        } else if (due) {
          await this.#keep(batch);
          savedAt = performance.now();
        } else {
          continue;
        }
        for (const { chunk, end } of batch) yield* this.#deliver(chunk, end, false);
        batch = [];
      }
    } catch (error) {
      if (!(error instanceof BrokenTransfer)) throw error;
      await this.#keep(batch);
      this.signal.throwIfAborted();
      for (const { chunk, end } of batch) yield* this.#deliver(chunk, end, false);
      await this.#disconnect();
      await this.#pause(error);
    }
  }

  async #keep(batch: readonly { chunk: StoredChunk }[]): Promise<void> {
    if (batch.length === 0) return;
    const chunks = batch.map(({ chunk }) => chunk);
    await this.#save({ chunkCount: this.#prefix.chunkCount }, chunks);
  }

  async #complete(batch: readonly { chunk: StoredChunk }[], digest: string): Promise<void> {
    const { url, file, model } = this.#target;
    const { sha256: expected } = this.#record;
    if (expected !== null && expected !== digest) {
      await this.#around.store.remove(url);
      throw new DownloadError(
        `${file} of ${model} came damaged: expected SHA-256 ${expected}, found ${digest}. ` +
          "Nothing of it was kept; load it again.",
        { url, file, expected, found: digest },
      );
    }
    await this.#save(
      {
        state: "complete",
        chunkCount: this.#prefix.chunkCount,
        totalBytes: this.#prefix.byteLength,
        sha256: digest,
      },
      batch.map(({ chunk }) => chunk),
    );
    // Others need not wait for this reader to take the last bytes.
    this.#releaseLock?.();
    this.#releaseLock = null;
  }

  async #save(changes: Partial<FileRecord>, chunks: readonly StoredChunk[]): Promise<void> {
    this.#record = { ...this.#record, ...changes, storedAt: Date.now() };
    await this.#around.store.write(this.#record, chunks);
  }

  /** Waits before the next try; throws when there were enough of them without progress. */
  async #pause(cause: unknown): Promise<void> {
    if (this.#deliveredBytes > this.#deliveredAtFailure) this.#failures = 0;
    this.#deliveredAtFailure = this.#deliveredBytes;
    const delay = this.#around.retryDelays[this.#failures++];
    if (delay !== undefined) return wait(delay, this.signal);
    const { url, file, model } = this.#target;
    const total = this.byteLength === null ? "" : ` of ${this.byteLength}`;
    const advice = this.#around.store.working
      ? "Load it again: the bytes that came are kept, and the download goes on from there."
      : "Load it again.";
    throw new DownloadError(
      `The download of ${file} of ${model} broke off after ${this.#deliveredBytes}${total} bytes ` +
        `(${cause instanceof Error ? cause.message : cause}). ${advice}`,
      { url, file, loadedBytes: this.#deliveredBytes, totalBytes: this.byteLength },
      { cause },
    );
  }

  #changed(): DownloadError {
    const { url, file, model } = this.#target;
    return new DownloadError(
      `${file} of ${model} changed on its server while it was downloaded. Load it again.`,
      { url, file },
    );
  }

  async #disconnect(): Promise<void> {
    const answer = this.#answer;
    this.#answer = null;
    // The body is locked while it is read, and its reader cancels it then.
    if (answer !== null && !answer.body.locked) await answer.body.cancel().catch(() => {});
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

function factsOf({ totalBytes, validator, sha256 }: FileAnswer) {
  return { totalBytes, validator, sha256 };
}
