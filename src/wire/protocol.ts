/** The engine as page and worker both see it: types only. Comlink carries the calls. */

import type { ModelInfo } from "../model-info.ts";
import type { DecodingOptions, LiveOptions, ModelFiles, WeightsKind } from "../options/options.ts";
import type { LoadProgress, StreamEvent, TranscribeProgress, Transcript } from "../results.ts";

/** Which model to load, and how. */
export interface ModelRequest {
  /** A name or URL; relative URLs are resolved by the page, and "embedded" to its files. */
  readonly model: string | ModelFiles;
  readonly revision?: string | undefined;
  readonly host?: string | undefined;
  readonly weights?: WeightsKind | undefined;
  readonly threads?: number | undefined;
}

/**
 * One engine holds one model and does one thing at a time; calls wait for those before them. Signal,
 * callback and iterable are arguments of their own because Comlink's transfer handlers look no deeper.
 * When the kernels trap, every call rejects with that EngineError until a model is loaded again.
 */
export interface Engine {
  /** Replaces the model held; when this fails without a trap, the old one stays. */
  load(
    request: ModelRequest,
    signal: AbortSignal,
    onProgress: (event: LoadProgress) => void,
  ): Promise<ModelInfo>;

  /** `samples`: mono at the model's sample rate, transferred. */
  transcribe(
    samples: Float32Array,
    options: DecodingOptions,
    signal: AbortSignal,
    onProgress: (event: TranscribeProgress) => void,
  ): Promise<Transcript>;

  /**
   * The same, told as it goes. What is finished at once comes at once: an item is one event or more.
   *
   * A stream's turn lasts until its last item is given, `return()` is called or the signal aborts: a
   * live source holds the engine as long as it speaks.
   *
   * @param source a recording, as for `transcribe`; or the blocks of a live one, pulled
   */
  stream(
    source: Float32Array | AsyncIterable<Float32Array>,
    options: DecodingOptions & LiveOptions,
    signal: AbortSignal,
    onProgress: (event: TranscribeProgress) => void,
  ): AsyncIterableIterator<readonly StreamEvent[]>;
}
