/** The engine as page and worker both see it: types only. Comlink carries the calls. */

import type { DecodingOptions } from "../src/options.ts";
import type { LoadProgress, TranscribeProgress, Transcript } from "../src/results.ts";

/** Which model to load. */
export interface ModelRequest {
  /** "embedded", a Hugging Face id, or a URL; relative URLs are resolved by the page. */
  readonly model: string;
  readonly revision?: string;
  readonly host?: string;
}

/** Facts about a loaded model. */
export interface ModelInfo {
  readonly id: string;
  /** Samples per second that the model hears. */
  readonly sampleRate: number;
  /** Seconds of audio that one window holds. */
  readonly windowDuration: number;
  /** Language codes that may be asked for; empty when the model has no language tokens. */
  readonly languages: readonly string[];
  readonly isMultilingual: boolean;
  /** Whether `timestamps: "segment"` is possible. */
  readonly hasTimestamps: boolean;
  /** WebAssembly memory in use, bytes. */
  readonly wasmBytes: number;
}

/**
 * One engine holds one model and does one thing at a time; calls wait for those before them.
 * Signal and callback are arguments of their own because Comlink's transfer handlers look no deeper.
 */
export interface Engine {
  /** Replaces the model held; when this fails, the old one stays. */
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
}
