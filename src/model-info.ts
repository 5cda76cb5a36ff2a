import type { WeightsKind } from "./options/options.ts";

/** Facts about a loaded model. */
export interface ModelFacts {
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
  /** Which kernels run: "relaxed" where the engine has relaxed SIMD and multiplies rightly by it. */
  readonly kernels: "plain" | "relaxed";
  /** Threads at work; 1 without cross-origin isolation. */
  readonly threads: number;
  /** How the weights of linear layers are kept. */
  readonly weights: WeightsKind;
}

/** A loaded model. */
export interface ModelInfo extends ModelFacts {
  /** What the store knows it by (storage/locate.ts). */
  readonly id: string;
}
