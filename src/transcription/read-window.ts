import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import { skipHallucinations } from "../alignment/hallucinations.ts";
import { lastWordEnd, timeWords } from "../alignment/word-timestamps.ts";
import type { DecodedWindow } from "../decoding/decode-windows.ts";
import { roundHalfToEven } from "../decoding/round-half-to-even.ts";
import type { Word } from "../results.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import { cutWindow } from "./cut-window.ts";
import type { WindowPipeline } from "./window-pipeline.ts";

/** A segment before it is numbered; times are seconds from the start of the audio. */
export interface WindowSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly words?: readonly Word[];
}

/** What one window gives. */
export interface WindowResult {
  /** Where it begins, in log-mel frames from the start of the audio. */
  readonly seek: number;
  /** Its frames that hold audio. */
  readonly frameCount: number;
  /** Tokens of its prompt, before they are cut to the model's context. */
  readonly promptLength: number;
  readonly decoded: DecodedWindow;
  /** False: nobody speaks here, or its text was invented over silence and is dropped. */
  readonly isSpeech: boolean;
  readonly segments: readonly WindowSegment[];
  /** What it adds to the transcript's tokens. */
  readonly tokens: readonly number[];
  /** Where the next window begins, frames. */
  readonly next: number;
  /** Where the last word so far ends, seconds. */
  readonly lastSpeechEnd: number;
}

/** A decoded window, and what its segments depend on. */
export type WindowToRead = Pick<
  WindowResult,
  "seek" | "frameCount" | "promptLength" | "decoded" | "lastSpeechEnd"
> & {
  /** Frames of all that it was cut from. */
  readonly contentFrames: number;
  /** Whether segments without text stay, as in the reference; they say where the model found nothing. */
  readonly keepsBlank: boolean;
};

/**
 * Tokens of a decoded window -> its segments, their words where they are asked for, and where the next
 * window begins (whisper/transcribe.py). A segment that ends where it begins or that holds no text is
 * emptied.
 */
export async function readWindow(
  pipeline: WindowPipeline,
  decoder: AlignmentDecoder,
  { contentFrames, keepsBlank, ...window }: WindowToRead,
): Promise<WindowResult> {
  const { seek, frameCount, decoded, lastSpeechEnd } = window;
  const nothing = { ...window, isSpeech: false, segments: [], tokens: [] };
  if (!decoded.isSpeech) return { ...nothing, next: seek + frameCount };

  const { tokenizer, features } = pipeline.loaded.description;
  const { hopLength, sampleRate } = features;
  // In the order in which the reference multiplies and divides: times are equal to the bit.
  const timeOffset = (seek * hopLength) / sampleRate;
  const reading = {
    isTimestamp: (token: number) => tokenizer.isTimestamp(token),
    seconds: (timestamp: number) => tokenizer.timestampSeconds(timestamp),
  };
  const cut = cutWindow(decoded.tokens, reading, (frameCount * hopLength) / sampleRate);
  const advance = cut.next === null ? frameCount : Math.round((cut.next * sampleRate) / hopLength);
  let next = seek + advance;
  let segments: readonly WindowSegment[] = cut.segments.map(({ start, end, tokens }) => ({
    start: timeOffset + start,
    end: timeOffset + end,
    text: tokenizer.decodeText(tokens),
    tokens,
  }));
  let speechEnd = lastSpeechEnd;
  if (pipeline.options.timestamps === "word") {
    const timed = await timeWords(decoder, segments, {
      ...pipeline.alignmentOptions(frameCount),
      timeOffset,
      lastSpeechEnd,
      prependPunctuations: pipeline.options.prependPunctuations,
      appendPunctuations: pipeline.options.appendPunctuations,
    });
    const framesPerSecond = sampleRate / hopLength;
    const end = lastWordEnd(timed);
    if (!cut.endsInSingleTimestamp && end !== null && end > timeOffset) {
      next = roundHalfToEven(end * framesPerSecond);
    }
    const threshold = pipeline.options.hallucinationSilenceThreshold;
    const kept =
      threshold === null
        ? { segments: timed, seek: next, again: false }
        : skipHallucinations(timed, threshold, {
            seek,
            nextSeek: next,
            segmentSize: frameCount,
            contentFrames,
            singleTimestampEnding: cut.endsInSingleTimestamp,
            lastSpeechEnd,
            framesPerSecond,
            windowFrames: features.windowFrames,
          });
    if (kept.again) return { ...nothing, next: kept.seek };
    next = kept.seek;
    segments = kept.segments;
    speechEnd = lastWordEnd(kept.segments) ?? lastSpeechEnd;
  }
  segments = segments.map(emptyIfBlank).filter(({ text }) => keepsBlank || text !== "");
  const tokens = segments.flatMap((segment) => segment.tokens);
  return { ...window, isSpeech: true, segments, tokens, next, lastSpeechEnd: speechEnd };
}

function emptyIfBlank(segment: WindowSegment): WindowSegment {
  const { start, end, text, words } = segment;
  if (start !== end && stripSpace(text) !== "") return segment;
  return { start, end, text: "", tokens: [], ...(words && { words: [] }) };
}
