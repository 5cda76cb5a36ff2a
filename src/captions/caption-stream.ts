/** Live captions at work: pulls audio, has it recognised, and tells what comes of it. */
import type { StreamEvent } from "../results.ts";
import type { CaptionRequest, Hypothesise } from "./caption-hypothesis.ts";
import type { LiveCaptions } from "./live-captions.ts";

/** Samples pushed at a time: a long block of a fast source is no reason for fewer partial texts. */
const pieceLength = 2048;

export interface CaptionStreamOptions {
  readonly signal?: AbortSignal;
  /** Seconds of wall clock. */
  readonly now?: () => number;
}

/**
 * Captions of a source, until it ends. Audio is pulled while it is recognised, but no more than two
 * windows ahead. Where the source fails, what it gave before is recognised first. Whoever stops
 * listening stops the engine and the source.
 *
 * @param source Mono samples at the model's rate, in blocks of any length.
 * @throws the signal's reason; what the source or `hypothesise` throws
 */
export async function* streamCaptions(
  source: AsyncIterable<Float32Array>,
  captions: LiveCaptions,
  hypothesise: Hypothesise,
  { signal, now = () => performance.now() / 1000 }: CaptionStreamOptions = {},
): AsyncGenerator<StreamEvent> {
  signal?.throwIfAborted();
  const blocks = new BlockPuller(source, () => wake());
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  let running: Promise<void> | undefined;
  let wake = () => {};
  const wakeOnAbort = () => wake();
  signal?.addEventListener("abort", wakeOnAbort);

  const run = async (request: CaptionRequest) => {
    const begun = now();
    try {
      const hypothesis = await hypothesise(request, stop.signal);
      captions.accept(hypothesis, now() - begun);
    } catch (error) {
      failure ??= { error };
    }
    running = undefined;
    wake();
  };

  try {
    while (true) {
      signal?.throwIfAborted();
      if (failure) throw failure.error;
      const piece = captions.hasRoom ? blocks.take(pieceLength) : undefined;
      if (piece) captions.push(piece);
      else if (blocks.isOver) captions.end();
      const request = captions.next();
      if (request) running = run(request);
      const events = captions.takeEvents();
      // Not `yield*`, which gives way even for no events: what wakes us meanwhile would be missed.
      for (const event of events) yield event;
      // While they were taken, other things may have happened.
      if (piece || events.length > 0) continue;
      if (captions.isOver) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    blocks.throwIfFailed();
    yield captions.finish();
  } finally {
    signal?.removeEventListener("abort", wakeOnAbort);
    stop.abort(signal?.reason);
    await blocks.close();
    // The engine does one thing at a time: it must be free when this is over.
    await running;
  }
}

/** Asks a source for its next block, one at a time, without waiting for it. */
class BlockPuller {
  readonly #iterator: AsyncIterator<Float32Array>;
  readonly #onChange: () => void;
  #block: Float32Array | undefined;
  #isPulling = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Float32Array>, onChange: () => void) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#onChange = onChange;
  }

  /** Whether the source has ended, or failed, and its last block is taken. */
  get isOver(): boolean {
    return this.#isOver && !this.#block;
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** The next samples, if they are here; else they are asked for, and `onChange` is called. */
  take(most: number): Float32Array | undefined {
    const block = this.#block;
    if (!block) {
      if (!this.#isPulling && !this.#isOver) void this.#pull();
      return undefined;
    }
    this.#block = block.length > most ? block.subarray(most) : undefined;
    return block.subarray(0, most);
  }

  /** What goes wrong here must not hide why nobody listens any more. */
  async close(): Promise<void> {
    const closing = this.#close().catch(() => {});
    // A generator that waits for a block would keep us waiting: it closes when that has come.
    if (!this.#isPulling) await closing;
  }

  async #close(): Promise<void> {
    if (!this.#isOver) await this.#iterator.return?.();
  }

  async #pull(): Promise<void> {
    this.#isPulling = true;
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.#isOver = true;
      else if (value.length > 0) this.#block = value;
    } catch (error) {
      this.#failure = { error };
      this.#isOver = true;
    }
    this.#isPulling = false;
    this.#onChange();
  }
}
