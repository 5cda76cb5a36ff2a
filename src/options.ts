import type { LoadProgress, TranscribeProgress } from "./results.ts";

/** How much silence the encoder sees: a whole window, or only the frames of the recording. */
export type EncoderContext = "full" | "trimmed";

export type Task = "transcribe" | "translate";

/** How the matrices of a model lie in memory: as floats, or rotated and rounded to 8 or 4 bits. */
export type WeightsKind = "f32" | "int8" | "int4";

/** Options of `createTranscriber`. */
export interface LoadOptions {
  /** Branch, tag or commit of a Hugging Face id; default "main". */
  readonly revision?: string;
  /** Where Hugging Face ids are found; default "https://huggingface.co". */
  readonly host?: string;
  /**
   * How matrices are kept. Default "int8", which is the fastest, but "f32" for models narrower than 256,
   * which gain nothing by it. A model that was recast stays what it was recast to.
   */
  readonly weights?: WeightsKind;
  /**
   * How many threads recognise; default: all processors of a small machine, half of a larger one, at
   * most 8. More than there are processors is capped; a page that is not cross-origin isolated has one.
   */
  readonly threads?: number;
  readonly onProgress?: (event: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** What decoding may be told. Names follow openai/whisper's DecodingOptions, in camelCase. */
export interface DecodingOptions {
  /** Whisper's language code or English name; default: the most probable language. */
  readonly language?: string;
  /** Default "transcribe". */
  readonly task?: Task;
  /** "segment" asks the model for timestamp tokens; default "none". */
  readonly timestamps?: "none" | "segment";
  /** Default: what the model's config says, else "full". */
  readonly encoderContext?: EncoderContext;
  /** Token ids of the text before this window; only the last n_text_ctx / 2 - 1 are used. */
  readonly prompt?: readonly number[];
  /** Token ids the transcript must begin with. */
  readonly prefix?: readonly number[];
  /** Token ids never to be sampled, in place of the model's own list; [] suppresses nothing. */
  readonly suppressTokens?: readonly number[];
  /** Forbid an empty transcript and a leading space; default true. */
  readonly suppressBlank?: boolean;
  /** Latest first timestamp, seconds; null for no limit; default 1. */
  readonly maxInitialTimestamp?: number | null;
  /** Most tokens to sample; default half of the model's text context. */
  readonly maxTokens?: number;
  /** Above this no-speech probability a window with a poor average log-probability gives no text; null never; default 0.6. */
  readonly noSpeechThreshold?: number | null;
  /** A window whose average log-probability is above this is speech whatever the no-speech probability; null: that is no excuse; default -1. */
  readonly logProbThreshold?: number | null;
}

/** Options of `Transcriber.transcribe`. */
export interface TranscribeOptions extends DecodingOptions {
  readonly onProgress?: (event: TranscribeProgress) => void;
  readonly signal?: AbortSignal;
}
