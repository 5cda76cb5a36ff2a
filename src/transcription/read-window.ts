import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import type { DecodedWindow } from "../decoding/decode-window.ts";
import type { DecodingPlan } from "../decoding/decoding-plan.ts";
import { isSpeech } from "../decoding/fallback.ts";
import { finishWindow } from "./finish-window.ts";
import type { HeardWindow } from "./heard-window.ts";
import type { WindowListener } from "./window-listener.ts";

/** How a recording falls into windows. */
export type Cutting =
  /** At the timestamps that the model says. */
  | "timestamps"
  /** At quiet places: for models without timestamps. */
  | "quiet"
  /** Every window is full: the reference without timestamps. */
  | "full";

/** A decoded window; frames are log-mel frames of what it was cut from. */
export interface DecodedSpan {
  readonly seek: number;
  /** Frames of it that hold audio. */
  readonly frameCount: number;
  /** Frames of all that it was cut from. */
  readonly contentFrames: number;
  readonly plan: DecodingPlan;
  readonly decoded: DecodedWindow;
  /** Tokens of the text before it. */
  readonly promptLength: number;
  /** Where the last word before it ends, seconds. */
  readonly lastSpeechEnd: number;
  readonly cutting: Cutting;
}

/** What a decoded window says. */
export interface ReadWindow {
  readonly heard: HeardWindow;
  /** Where the next window begins, frames. */
  readonly next: number;
  readonly lastSpeechEnd: number;
  /** It began in silence and its text is invented: it is to be heard again from `next`. */
  readonly again: boolean;
  /** It says more than the model can, and no timestamp tells how far: it is to be heard in pieces. */
  readonly isCutShort: boolean;
}

/** Pieces of text longer than a model can say are not cut shorter than this, seconds. */
const SHORTEST_CUT = 1;

/** Tokens of a window -> its segments, unless nobody speaks there, and where the next one begins. */
export async function readWindow(
  listener: WindowListener,
  decoder: AlignmentDecoder,
  span: DecodedSpan,
): Promise<ReadWindow> {
  const { seek, frameCount, plan, decoded, promptLength, lastSpeechEnd, cutting } = span;
  const { sampleRate, hopLength } = listener.loaded.description.features;
  const heard = { seek, frameCount, promptLength, decoded };
  const isCutShort =
    cutting === "quiet" &&
    decoded.tokens.length >= plan.maxTokens &&
    frameCount > (2 * SHORTEST_CUT * sampleRate) / hopLength;
  if (isCutShort || !isSpeech(decoded, plan)) {
    const nothing = { ...heard, isSpeech: false, segments: [], tokens: [] };
    return { heard: nothing, next: seek + frameCount, lastSpeechEnd, again: false, isCutShort };
  }
  const { tokens } = decoded;
  const finished = await finishWindow(listener, decoder, { ...span, tokens });
  // Blank segments stay for the reference's sake; it knows nothing of windows cut where it is quiet.
  const segments =
    cutting === "quiet" ? finished.segments.filter(({ text }) => text !== "") : finished.segments;
  return {
    heard: {
      ...heard,
      isSpeech: true,
      segments,
      tokens: segments.flatMap((segment) => segment.tokens),
    },
    next: finished.next,
    lastSpeechEnd: finished.lastSpeechEnd,
    again: finished.again,
    isCutShort,
  };
}
