import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import { skipHallucinations } from "../alignment/hallucinations.ts";
import { lastWordEnd, timeWords } from "../alignment/word-timestamps.ts";
import type { DecodingPlan } from "../decoding/decoding-plan.ts";
import { roundHalfToEven } from "../decoding/round-half-to-even.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import { cutWindow } from "./cut-window.ts";
import type { HeardSegment } from "./heard-window.ts";
import type { WindowListener } from "./window-listener.ts";

/** A decoded window of a long recording; frames are log-mel frames. */
export interface WindowSpan {
  /** Where it begins. */
  readonly seek: number;
  /** Frames of it that hold audio. */
  readonly frameCount: number;
  /** Frames of the whole recording. */
  readonly contentFrames: number;
  readonly tokens: readonly number[];
  readonly plan: DecodingPlan;
  /** Where the last word before it ends, seconds. */
  readonly lastSpeechEnd: number;
}

export interface FinishedWindow {
  readonly segments: readonly HeardSegment[];
  /** Where the next window begins, frames. */
  readonly next: number;
  readonly lastSpeechEnd: number;
  /** The window began in silence and its text is invented: it is to be heard again from `next`. */
  readonly again: boolean;
}

/**
 * Segments of a decoded window, their words where they are asked for, and where the next window
 * begins (whisper/transcribe.py). A segment that ends where it begins or that holds no text stays,
 * emptied.
 */
export async function finishWindow(
  listener: WindowListener,
  decoder: AlignmentDecoder,
  span: WindowSpan,
): Promise<FinishedWindow> {
  const { tokenizer, features } = listener.loaded.description;
  const { hopLength, sampleRate } = features;
  const { seek, frameCount } = span;
  // In the order in which the reference multiplies and divides: times are equal to the bit.
  const timeOffset = (seek * hopLength) / sampleRate;
  const reading = {
    isTimestamp: (token: number) => tokenizer.isTimestamp(token),
    seconds: (timestamp: number) => tokenizer.timestampSeconds(timestamp),
  };
  const cut = cutWindow(span.tokens, reading, (frameCount * hopLength) / sampleRate);
  const advance = cut.next === null ? frameCount : Math.round((cut.next * sampleRate) / hopLength);
  const segments = cut.segments.map(({ start, end, tokens }) => ({
    start: timeOffset + start,
    end: timeOffset + end,
    text: tokenizer.decodeText(tokens),
    tokens,
  }));
  const next = seek + advance;
  const { lastSpeechEnd } = span;
  const finished =
    listener.options.timestamps === "word"
      ? await timeSegments(listener, decoder, span, { ...cut, segments, next, timeOffset })
      : { segments, next, lastSpeechEnd, again: false };
  return { ...finished, segments: finished.segments.map(emptyIfBlank) };
}

/** Words, and what their times change of the segments and of where the next window begins. */
async function timeSegments(
  listener: WindowListener,
  decoder: AlignmentDecoder,
  span: WindowSpan,
  cut: {
    readonly segments: readonly HeardSegment[];
    readonly next: number;
    readonly timeOffset: number;
    readonly endsInSingleTimestamp: boolean;
  },
): Promise<FinishedWindow> {
  const { options, loaded } = listener;
  const { features } = loaded.description;
  const { seek, frameCount, contentFrames, plan, lastSpeechEnd } = span;
  const { timeOffset, endsInSingleTimestamp } = cut;
  const framesPerSecond = features.sampleRate / features.hopLength;
  const timed = await timeWords(decoder, cut.segments, {
    ...listener.alignmentOptions(plan, frameCount),
    timeOffset,
    lastSpeechEnd,
    prependPunctuations: options.prependPunctuations,
    appendPunctuations: options.appendPunctuations,
  });
  const end = lastWordEnd(timed);
  const next =
    !endsInSingleTimestamp && end !== null && end > timeOffset
      ? roundHalfToEven(end * framesPerSecond)
      : cut.next;
  const threshold = options.hallucinationSilenceThreshold ?? null;
  const checked =
    threshold === null
      ? { segments: timed, seek: next, again: false }
      : skipHallucinations(timed, threshold, {
          seek,
          nextSeek: next,
          segmentSize: frameCount,
          contentFrames,
          singleTimestampEnding: endsInSingleTimestamp,
          lastSpeechEnd,
          framesPerSecond,
          windowFrames: features.windowFrames,
        });
  if (checked.again) return { segments: [], next: checked.seek, lastSpeechEnd, again: true };
  return {
    segments: checked.segments,
    next: checked.seek,
    lastSpeechEnd: lastWordEnd(checked.segments) ?? lastSpeechEnd,
    again: false,
  };
}

function emptyIfBlank(segment: HeardSegment): HeardSegment {
  const { start, end, text, words } = segment;
  if (start !== end && stripSpace(text) !== "") return segment;
  return { start, end, text: "", tokens: [], ...(words && { words: [] }) };
}
