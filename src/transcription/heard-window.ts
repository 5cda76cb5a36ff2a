import type { DecodedWindow } from "../decoding/decode-window.ts";
import type { Segment, Transcript, Word } from "../results.ts";

/** A segment before it is numbered; times are seconds from the start of the audio. */
export interface HeardSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly words?: readonly Word[];
}

/** What one window gives. */
export interface HeardWindow {
  /** Where it begins, in log-mel frames from the start of the audio. */
  readonly seek: number;
  /** Its frames that hold audio. */
  readonly frameCount: number;
  /** Tokens of text that the model was told to follow, before they are cut to its context. */
  readonly promptLength: number;
  readonly decoded: DecodedWindow;
  /** Whether its no-speech probability leaves room for text. */
  readonly isSpeech: boolean;
  readonly segments: readonly HeardSegment[];
  /** What it adds to the transcript's tokens. */
  readonly tokens: readonly number[];
}

/** What recognition tells, in this order: of each window its segments, then the window; at last the transcript. */
export type RecognitionEvent =
  /** A segment is final. */
  | { readonly status: "segment"; readonly segment: Segment }
  /** A window is finished; the next may begin before its end. */
  | {
      readonly status: "window";
      readonly window: HeardWindow;
      /** Seconds of the audio to be recognised, all its clips together. */
      readonly doneSeconds: number;
      readonly totalSeconds: number;
    }
  | { readonly status: "done"; readonly transcript: Transcript };
