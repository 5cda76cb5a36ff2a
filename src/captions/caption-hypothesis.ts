/** What live captions ask of the engine, and what it answers. */

import type { Segment } from "../results.ts";

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
  readonly words: readonly HypothesisWord[];
  /** Whisper's language code; null where the model knows only one. */
  readonly language: string | null;
  readonly quality: CaptionQuality;
}

export type CaptionQuality = Pick<
  Segment,
  "temperature" | "avgLogProb" | "compressionRatio" | "noSpeechProb"
>;

/** The smallest piece of text that can become final: a word, or a token where there are no words. */
export interface HypothesisWord {
  /** As it stands in the text, the space before it included. */
  readonly text: string;
  readonly tokens: readonly number[];
  /** When it is spoken. */
  readonly timing: WordTiming;
}

export interface WordTiming {
  /** Seconds from the start of the samples. */
  readonly start: number;
  readonly end: number;
  /** Mean probability of the word's tokens. */
  readonly probability: number;
}
