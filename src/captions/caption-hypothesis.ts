/** What live captions ask of the engine, and what it answers. */

import type { WordTiming } from "../alignment/find-alignment.ts";
import type { Segment } from "../results.ts";
import type { FoundLanguage } from "./live-language.ts";

/** Recognises a few seconds of audio, at most a window. */
export type Hypothesise = (
  request: CaptionRequest,
  signal: AbortSignal,
) => Promise<CaptionHypothesis>;

export interface CaptionRequest {
  /** Mono, at the model's rate; the receiver's own. */
  readonly samples: Float32Array;
  /** Text that was final before these samples begin, its last few sentences. */
  readonly prompt: string;
}

export interface CaptionHypothesis {
  /** Times from the start of the samples. */
  readonly words: readonly WordTiming[];
  /** Whisper's language code; null where the model knows only one. */
  readonly language: string | null;
  /** The source's language, where it is sure from this hypothesis on. */
  readonly detected: FoundLanguage | null;
  readonly quality: CaptionQuality;
}

export type CaptionQuality = Pick<
  Segment,
  "temperature" | "avgLogProb" | "compressionRatio" | "noSpeechProb"
>;
