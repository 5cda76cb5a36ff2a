import { roundHalfToEven } from "../decoding/round-half-to-even.ts";
import { decodingOptions } from "../options/option-table.ts";
import type { Word } from "../results.ts";
import { lastWordEnd } from "./word-timestamps.ts";

/** What of a segment tells whether it was invented; seconds from the start of the audio. */
export interface SpokenSegment {
  readonly start: number;
  readonly end: number;
  readonly words: readonly Word[];
}

/** The window that segments were found in; counts are log-mel frames of the whole audio. */
export interface HallucinationWindow {
  /** Where the window begins. */
  readonly seek: number;
  /** Where the next one would begin. */
  readonly nextSeek: number;
  /** Frames of audio in this window. */
  readonly segmentSize: number;
  /** Frames of a whole window. */
  readonly windowFrames: number;
  /** Frames of all audio. */
  readonly contentFrames: number;
  readonly framesPerSecond: number;
  /** The window's tokens end in text and one timestamp: no speech follows in it. */
  readonly singleTimestampEnding: boolean;
  /** Where the last word before this window ends, seconds. */
  readonly lastSpeechEnd: number;
}

export interface HallucinationSkip<Segment> {
  /** Those to keep, from the first. */
  readonly segments: readonly Segment[];
  /** Where the next window begins. */
  readonly seek: number;
  /** Nothing of this window counts: decode again from `seek`, as if it had not been decoded. */
  readonly again: boolean;
}

/** Closer than this to an edge of the window there might as well be silence, seconds. */
const EDGE = 2;
/** A segment is judged by its first words. */
const JUDGED_WORDS = 8;
const { prependPunctuations, appendPunctuations } = decodingOptions;
const punctuation = prependPunctuations.default + appendPunctuations.default;

/**
 * Skips silence before text that looks invented, and drops such text where silence or more of it
 * surrounds it (whisper/transcribe.py, hallucination_silence_threshold).
 *
 * @param threshold silence longer than this counts, seconds
 */
export function skipHallucinations<S extends SpokenSegment>(
  segments: readonly S[],
  threshold: number,
  window: HallucinationWindow,
): HallucinationSkip<S> {
  const { framesPerSecond } = window;
  const windowStart = window.seek / framesPerSecond;
  const toFrames = (seconds: number) => roundHalfToEven(seconds * framesPerSecond);

  const first = nextWordsSegment(segments);
  if (isSegmentAnomaly(first)) {
    const gap = first!.start - windowStart;
    if (gap > threshold) return { segments: [], seek: window.seek + toFrames(gap), again: true };
  }
  const invented = findInvented(segments, threshold, window);
  if (invented < 0)
    return { segments, seek: seekPastWords(segments, threshold, window), again: false };
  const { start, end } = segments[invented]!;
  const nothingFollows = window.contentFrames / framesPerSecond - end < threshold;
  return {
    segments: segments.slice(0, invented),
    seek: nothingFollows ? window.contentFrames : toFrames(Math.max(windowStart + 1, start)),
    again: false,
  };
}

/** The next window begins where the words end, unless what remains of this one is short. */
function seekPastWords(
  segments: readonly SpokenSegment[],
  threshold: number,
  window: HallucinationWindow,
): number {
  const { seek, framesPerSecond, windowFrames } = window;
  const end = lastWordEnd(segments);
  if (window.singleTimestampEnding || end === null || end <= seek / framesPerSecond) {
    return window.nextSeek;
  }
  const remaining = (seek + windowFrames) / framesPerSecond - end;
  return remaining > threshold ? roundHalfToEven(end * framesPerSecond) : seek + window.segmentSize;
}

/** The first segment that looks invented between silence or others that do; -1 for none. */
function findInvented(
  segments: readonly SpokenSegment[],
  threshold: number,
  { seek, windowFrames, segmentSize, framesPerSecond, lastSpeechEnd }: HallucinationWindow,
): number {
  const windowStart = seek / framesPerSecond;
  const windowEnd = (seek + windowFrames) / framesPerSecond;
  let lastEnd = lastSpeechEnd;
  for (const [i, segment] of segments.entries()) {
    const { start, end, words } = segment;
    if (words.length === 0) continue;
    if (isSegmentAnomaly(segment)) {
      const next = nextWordsSegment(segments.slice(i + 1));
      const nextStart = next?.words[0]?.start ?? windowStart + segmentSize / framesPerSecond;
      const silenceBefore =
        start - lastEnd > threshold || start < threshold || start - windowStart < EDGE;
      const silenceAfter =
        nextStart - end > threshold || isSegmentAnomaly(next) || windowEnd - end < EDGE;
      if (silenceBefore && silenceAfter) return i;
    }
    lastEnd = end;
  }
  return -1;
}

/** How odd a word is: improbable, very short or very long. */
export function wordAnomalyScore({ start, end, probability }: Word): number {
  const duration = end - start;
  let score = 0;
  if (probability < 0.15) score += 1;
  if (duration < 0.133) score += (0.133 - duration) * 15;
  if (duration > 2) score += duration - 2;
  return score;
}

/** Whether a segment's words are so odd that they may be invented. */
export function isSegmentAnomaly(segment: SpokenSegment | null): boolean {
  if (segment === null || segment.words.length === 0) return false;
  const words = segment.words
    .filter(({ word }) => !punctuation.includes(word))
    .slice(0, JUDGED_WORDS);
  const score = words.reduce((sum, word) => sum + wordAnomalyScore(word), 0);
  return score >= 3 || score + 0.01 >= words.length;
}

/** The first segment that has words. */
export function nextWordsSegment<S extends SpokenSegment>(segments: readonly S[]): S | null {
  return segments.find(({ words }) => words.length > 0) ?? null;
}
