import { wait } from "../async/abort.ts";
import { DownloadError } from "../errors.ts";
import { chunkBytes } from "./chunk-store.ts";
import { BrokenTransfer, Connection, cutChunks, type Network, piecesOf } from "./network-chunks.ts";
import { batchChunks, type FileTarget, type PlacedChunk, StoredFile } from "./stored-file.ts";

export type ReportBytes = (
  loadedBytes: number,
  totalBytes: number | null,
  cached: boolean,
  last: boolean,
) => void;

export interface DeliverySurroundings extends Network {
  /** Milliseconds before each new try after the connection broke; progress starts it over. */
  readonly retryDelays: readonly number[];
  readonly signal: AbortSignal | undefined;
  readonly report: ReportBytes;
  readonly warn: (message: string) => void;
}

/** On a slow line a chunk waits no longer than this for others to be kept with, in milliseconds. */
const batchInterval = 250;

/**
 * Brings the bytes of one file to one reader: from the store as far as it has them undamaged, from
 * the network for the rest, keeping each chunk before the reader gets it. The last chunk is kept
 * together with the mark that the file is complete, so that a reader who stops at the last byte it
 * needs leaves a complete file behind.
 *
 * @returns null when there is no such file; the length is null while it is unknown
 */
export async function deliverFile(
  target: FileTarget,
  around: DeliverySurroundings,
): Promise<{ stream: ReadableStream<Uint8Array>; byteLength: number | null } | null> {
  const delivery = new FileDelivery(target, around);
  if (!(await delivery.begin())) return null;
  return { stream: delivery.stream(), byteLength: delivery.byteLength };
}

class FileDelivery {
  readonly #target: FileTarget;
  readonly #around: DeliverySurroundings;
  readonly #stop = new AbortController();
  readonly #stored: StoredFile;
  readonly #connection: Connection;

  /** What the reader has. It is ahead of the sound bytes while a changed server is caught up with. */
  #deliveredBytes = 0;
  #deliveredSha256 = "";

  #failures = 0;
  #deliveredAtFailure = 0;

  constructor(target: FileTarget, around: DeliverySurroundings) {
    this.#target = target;
    this.#around = around;
    this.#stored = new StoredFile(target, around.store, around.warn);
    this.#connection = new Connection(around, this.#stop.signal);
    const { signal } = around;
    if (signal?.aborted) this.#stop.abort(signal.reason);
    signal?.addEventListener("abort", this.#onAbort);
  }

  get byteLength(): number | null {
    return this.#stored.record.totalBytes;
  }

  /** Finds out where the bytes are to come from. false: there is no such file. */
  async begin(): Promise<boolean> {
    const stored = this.#stored;
    try {
      this.#stop.signal.throwIfAborted();
      await stored.read();
      const { state, confirmed } = stored.record;
      const settled = state === "complete" || (state === "absent" && confirmed);
      if (!settled) await this.#connection.open(stored);
      if (stored.record.state === "absent") {
        await this.#end();
        return false;
      }
      this.#around.report(0, this.byteLength, stored.record.chunkCount > 0, false);
      return true;
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /**
   * The file, once it has begun. Nothing is fetched ahead of the reader, and cancelling ends the
   * download; an abort of the caller's signal ends it too, whether or not somebody is reading.
   */
  stream(): ReadableStream<Uint8Array> {
    const chunks = this.#chunks();
    const { signal } = this.#stop;
    const end = async () => {
      await chunks.return(undefined);
      // A generator that was never started runs no `finally`.
      await this.#end();
    };
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          signal.addEventListener("abort", () => {
            controller.error(signal.reason);
            void end();
          });
        },
        async pull(controller) {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: async (reason) => {
          this.#stop.abort(reason);
          await end();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    const [stored, connection] = [this.#stored, this.#connection];
    try {
      for (;;) {
        for await (const chunk of stored.replay(this.#stop.signal)) {
          yield* this.#deliver(chunk, true);
        }
        if (stored.record.state === "complete") {
          if (stored.soundBytes < this.#deliveredBytes) throw this.#changed();
          return;
        }
        // Bytes from after a damaged chunk are of no use.
        if (connection.answer?.start !== stored.soundBytes) await connection.close();
        if (connection.answer === null) await this.#reconnect();
        else yield* this.#receive(connection.answer.body);
      }
    } finally {
      await this.#end();
    }
  }

  /** Lets go of the lock and the connection. */
  async #end(): Promise<void> {
    this.#around.signal?.removeEventListener("abort", this.#onAbort);
    await this.#connection.close();
    this.#connection.unlock();
  }

  readonly #onAbort = () => this.#stop.abort(this.#around.signal?.reason);

  *#deliver({ bytes, sha256, end }: PlacedChunk, cached: boolean): Generator<Uint8Array> {
    if (end <= this.#deliveredBytes) {
      const meets = end > 0 && end === this.#deliveredBytes;
      if (meets && sha256 !== this.#deliveredSha256) throw this.#changed();
      return;
    }
    this.#deliveredBytes = end;
    this.#deliveredSha256 = sha256;
    const { state, totalBytes } = this.#stored.record;
    this.#around.report(end, totalBytes, cached, state === "complete" && end === totalBytes);
    yield bytes;
  }

  /** Connects for a reader who already has bytes. */
  async #reconnect(): Promise<void> {
    try {
      await this.#connection.open(this.#stored);
    } catch (error) {
      const status = error instanceof DownloadError ? error.details.status : 0;
      const passing = status === undefined || status === 429 || Number(status) >= 500;
      if (!passing || this.#stop.signal.aborted) throw error;
      await this.#pause(error);
      return;
    }
    if (this.#stored.record.state === "absent") throw this.#changed();
  }

  /** Takes the bytes of an answer until the file is complete or the connection breaks. */
  async *#receive(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const stored = this.#stored;
    let batch: PlacedChunk[] = [];
    let savedAt = performance.now();
    try {
      for await (const { bytes, last } of cutChunks(piecesOf(body), chunkBytes)) {
        const end = stored.soundBytes + bytes.length;
        const { totalBytes } = stored.record;
        if (last && totalBytes !== null && end < totalBytes) {
          throw new BrokenTransfer(`the body ended after ${end} of ${totalBytes} bytes`);
        }
        batch.push(stored.append(bytes));
        const due = batch.length === batchChunks || performance.now() - savedAt > batchInterval;
        if (last) {
          await stored.complete(batch);
          // Others need not wait for this reader to take the last bytes.
          this.#connection.unlock();
        } else if (due) {
          await stored.keep(batch);
          savedAt = performance.now();
        } else {
          continue;
        }
        for (const chunk of batch) yield* this.#deliver(chunk, false);
        batch = [];
      }
    } catch (error) {
      if (!(error instanceof BrokenTransfer)) throw error;
      await stored.keep(batch);
      this.#stop.signal.throwIfAborted();
      for (const chunk of batch) yield* this.#deliver(chunk, false);
      await this.#connection.close();
      await this.#pause(error);
    }
  }

  /** Waits before the next try; throws when there were enough of them without progress. */
  async #pause(cause: unknown): Promise<void> {
    if (this.#deliveredBytes > this.#deliveredAtFailure) this.#failures = 0;
    this.#deliveredAtFailure = this.#deliveredBytes;
    const delay = this.#around.retryDelays[this.#failures++];
    if (delay !== undefined) return wait(delay, this.#stop.signal);
    const { url, file, model } = this.#target;
    const { totalBytes } = this.#stored.record;
    const total = totalBytes === null ? "" : ` of ${totalBytes}`;
    const advice = this.#around.store.working
      ? "Load it again: the bytes that came are kept, and the download goes on from there."
      : "Load it again.";
    throw new DownloadError(
      `The download of ${file} of ${model} broke off after ${this.#deliveredBytes}${total} bytes ` +
        `(${cause instanceof Error ? cause.message : cause}). ${advice}`,
      { url, file, loadedBytes: this.#deliveredBytes, totalBytes },
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
}
