import type { Word } from "../results.ts";
import {
  type AlignmentDecoder,
  type AlignmentOptions,
  findAlignment,
  type WordTiming,
} from "./find-alignment.ts";
import { mergePunctuations } from "./merge-punctuations.ts";
import { roundToHundredths } from "./round.ts";

/** A segment before its words are timed; times are seconds from the start of the audio. */
export interface TimedSegment {
  readonly start: number;
  readonly end: number;
  /** As sampled, timestamps included. */
  readonly tokens: readonly number[];
}

/** A segment with its words, [] where it has none. */
export type WithWords<Segment> = Segment & { readonly words: readonly Word[] };

export interface WordPlacement {
  /** Seconds from the start of the audio to the window's start. */
  readonly timeOffset: number;
  /** Where the last word before this window ends, seconds; 0 where there is none. */
  readonly lastSpeechEnd: number;
  /** Default: whisper's. */
  readonly prependPunctuations?: string | undefined;
  readonly appendPunctuations?: string | undefined;
}

/** No word is taken to last longer than this in the ordinary, seconds. */
const LONGEST_MEDIAN = 0.7;
/** A segment's timestamp wins over a word's time that is further off than this, seconds. */
const TRUSTED_DISTANCE = 0.5;
const sentenceEndMarks = ".。!！?？";

/**
 * Times the words of one window's segments, and moves the segments' times to those of their words
 * (whisper/timing.py, add_word_timestamps).
 *
 * @throws what findAlignment throws
 */
export async function timeWords<S extends TimedSegment>(
  decoder: AlignmentDecoder,
  segments: readonly S[],
  options: AlignmentOptions & WordPlacement,
): Promise<WithWords<S>[]> {
  const isText = (token: number) => options.tokenizer.isText(token);
  const textTokens = segments.flatMap(({ tokens }) => tokens.filter(isText));
  const alignment = await findAlignment(decoder, textTokens, options);
  return placeWords(segments, alignment, isText, options);
}

/** timeWords behind the model: `alignment` is of the segments' text tokens, all together. */
export function placeWords<S extends TimedSegment>(
  segments: readonly S[],
  alignment: readonly WordTiming[],
  isText: (token: number) => boolean,
  { timeOffset, lastSpeechEnd, prependPunctuations, appendPunctuations }: WordPlacement,
): WithWords<S>[] {
  const median = medianDuration(alignment);
  const timings = mergePunctuations(
    shortenAtSentenceEnds(alignment, 2 * median),
    prependPunctuations,
    appendPunctuations,
  );
  let next = 0;
  let lastEnd = lastSpeechEnd;
  return segments.map((segment) => {
    const words: MutableWord[] = [];
    const textCount = segment.tokens.filter(isText).length;
    // A word that begins in one segment and ends in the next belongs to the first.
    for (let taken = 0; next < timings.length && taken < textCount; next++) {
      const timing = timings[next]!;
      if (timing.word !== "") words.push(toWord(timing, timeOffset));
      taken += timing.tokens.length;
    }
    if (words.length === 0) return { ...segment, words };
    shortenAfterPause(words, lastEnd, median);
    const start = settleStart(words[0]!, segment.start, median);
    const end = settleEnd(words.at(-1)!, segment.end, median);
    lastEnd = end;
    return { ...segment, start, end, words };
  });
}

/**
 * Where the last word ends, seconds: what the next window begins at and silence is measured from.
 * Without words the end of the last segment, null without any (whisper/utils.py, get_end).
 */
export function lastWordEnd(
  segments: readonly { readonly end: number; readonly words: readonly Word[] }[],
): number | null {
  const last = segments.findLast(({ words }) => words.length > 0);
  return last?.words.at(-1)?.end ?? segments.at(-1)?.end ?? null;
}

type MutableWord = { -readonly [Field in keyof Word]: Word[Field] };

function toWord({ word, start, end, probability }: WordTiming, timeOffset: number): MutableWord {
  // Before the start of the audio is where the reference puts words of a window of one frame.
  const seconds = (time: number) => Math.max(0, roundToHundredths(timeOffset + time));
  return { word, start: seconds(start), end: seconds(end), probability };
}

/** Of the words that last at all; 0 where there are none. */
function medianDuration(alignment: readonly WordTiming[]): number {
  const durations = alignment
    .map(({ start, end }) => end - start)
    .filter((duration) => duration !== 0)
    .sort((a, b) => a - b);
  if (durations.length === 0) return 0;
  const upper = durations.length >> 1;
  const lower = (durations.length - 1) >> 1;
  return Math.min(LONGEST_MEDIAN, (durations[lower]! + durations[upper]!) / 2);
}

/** Silence at a sentence's end is neither its mark's nor the next word's. */
function shortenAtSentenceEnds(
  alignment: readonly WordTiming[],
  longest: number,
): readonly WordTiming[] {
  if (longest === 0) return alignment;
  const endsSentence = ({ word }: WordTiming) => sentenceEndMarks.includes(word);
  return alignment.map((timing, i) => {
    if (i === 0 || timing.end - timing.start <= longest) return timing;
    if (endsSentence(timing)) return { ...timing, end: timing.start + longest };
    if (endsSentence(alignment[i - 1]!)) return { ...timing, start: timing.end - longest };
    return timing;
  });
}

/** The first and second word after a pause do not take the pause in. */
function shortenAfterPause(words: MutableWord[], lastEnd: number, median: number): void {
  const longest = 2 * median;
  const [first, second] = words as [MutableWord, MutableWord?];
  const isLong = first.end - first.start > longest;
  const areLong = second !== undefined && second.end - first.start > 2 * longest;
  if (first.end - lastEnd <= 4 * median || (!isLong && !areLong)) return;
  if (second !== undefined && second.end - second.start > longest) {
    // The reference takes half of second.end where that is later, which this far from 0 it never is.
    first.end = second.end - longest;
    second.start = first.end;
  }
  first.start = Math.max(0, first.end - longest);
}

/** The segment's start, which is its first word's unless that seems much too early. */
function settleStart(first: MutableWord, start: number, median: number): number {
  if (!(start < first.end && start - TRUSTED_DISTANCE > first.start)) return first.start;
  first.start = Math.max(0, Math.min(first.end - median, start));
  return start;
}

/** The segment's end, which is its last word's unless that seems much too late. */
function settleEnd(last: MutableWord, end: number, median: number): number {
  if (!(end > last.start && end + TRUSTED_DISTANCE < last.end)) return last.end;
  last.end = Math.max(last.start + median, end);
  return end;
}
