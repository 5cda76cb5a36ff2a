import { refuse } from "../errors.ts";
import type { Segment, Transcript, Word } from "../results.ts";
import { stripSpace, whiteSpace } from "../tokenizer/white-space.ts";
import { formatTimestamp } from "./timestamp.ts";

/**
 * How captions are cut; names of openai/whisper's command, in camelCase. All of it needs segments
 * with words.
 */
export interface CaptionOptions {
  /** Most characters (code points) in a line; default 1000. A longer word has a line of its own. */
  readonly maxLineWidth?: number;
  /** Most lines in a caption. With maxLineWidth, captions run across segments and end at pauses above 3 s. */
  readonly maxLineCount?: number;
  /** A new caption after so many words of a segment. Without effect where captions run across segments. */
  readonly maxWordsPerLine?: number;
  /** A caption for each word, which it underlines by <u>. */
  readonly highlightWords?: boolean;
}

/** What is shown from `start` to `end`, both already written out. */
export interface Caption {
  readonly start: string;
  readonly end: string;
  readonly text: string;
}

/** What the lengths are where only some are given: SubtitlesWriter's 1000. */
const UNLIMITED = 1000;
/** A longer gap between the starts of two words ends a caption that may run across segments. */
const LONG_PAUSE_SECONDS = 3;
/** Characters of which a parser of WebVTT would make something else. */
const vttEntities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
/** White space, then the word. */
const spacedWord = new RegExp(`^(${whiteSpace}*)([^\\n]*)(?=\\n?$)`, "u");

/**
 * SubRip captions, as WriteSRT of whisper/utils.py but for those without text, which are left out.
 *
 * @throws OptionError for a line length that is no whole number from 1, and for options that need words
 *   where there are none
 */
export function toSRT(
  transcript: Pick<Transcript, "segments">,
  options: CaptionOptions = {},
): string {
  const formatTime = (seconds: number) => {
    return formatTimestamp(seconds, { alwaysHours: true, decimalMarker: "," });
  };
  // What a parser would take for the arrow between two times.
  const escapeText = (text: string) => text.replaceAll("-->", "->");
  return cutCaptions(transcript, { formatTime, escapeText }, options)
    .map(({ start, end, text }, i) => `${i + 1}\n${start} --> ${end}\n${text}\n\n`)
    .join("");
}

/**
 * WebVTT captions, as WriteVTT of whisper/utils.py but for those without text, which are left out, and
 * for characters that WebVTT has a meaning for, which are escaped (https://www.w3.org/TR/webvtt1/).
 *
 * @throws OptionError as toSRT
 */
export function toVTT(
  transcript: Pick<Transcript, "segments">,
  options: CaptionOptions = {},
): string {
  const formatTime = (seconds: number) => {
    return formatTimestamp(seconds, { alwaysHours: false, decimalMarker: "." });
  };
  const escapeText = (text: string) =>
    text.replaceAll(/[&<>]/g, (character) => vttEntities[character]!);
  const cues = cutCaptions(transcript, { formatTime, escapeText }, options);
  const written = cues.map(({ start, end, text }) => `${start} --> ${end}\n${text}\n\n`);
  return `WEBVTT\n\n${written.join("")}`;
}

/** How times and text are written in a format. */
export interface CaptionFormat {
  readonly formatTime: (seconds: number) => string;
  readonly escapeText: (text: string) => string;
}

/** Cuts a transcript into captions, as SubtitlesWriter.iterate_result of whisper/utils.py. */
export function cutCaptions(
  { segments }: Pick<Transcript, "segments">,
  { formatTime, escapeText }: CaptionFormat,
  options: CaptionOptions = {},
): Caption[] {
  checkLengths(options);
  const spoken = segments.filter(({ text }) => stripSpace(text) !== "");
  if (!spoken.every(hasWords)) {
    checkNoneNeedsWords(options);
    return spoken.map((segment) => ({
      start: formatTime(segment.start),
      end: formatTime(segment.end),
      text: escapeText(stripSpace(segment.text)),
    }));
  }
  return groupWords(spoken, options).flatMap((group) => {
    const words = group.map((timed) => ({ ...timed, word: escapeText(timed.word) }));
    const caption = {
      start: formatTime(words[0]!.start),
      end: formatTime(words.at(-1)!.end),
      text: words.map(({ word }) => word).join(""),
    };
    return options.highlightWords ? highlight(words, caption, formatTime) : [caption];
  });
}

function checkNoneNeedsWords(options: CaptionOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    throw refuse(
      name,
      'expected segments with the times of words, found segments without. Recognise with timestamps "word", or leave it out.',
      { expected: 'timestamps "word"', found: value },
    );
  }
}

type WordedSegment = Segment & { readonly words: readonly Word[] };

function hasWords(segment: Segment): segment is WordedSegment {
  return segment.words !== undefined;
}

/** The words of each caption, line breaks put before those that begin a line. */
function groupWords(segments: readonly WordedSegment[], options: CaptionOptions): Word[][] {
  const { maxLineCount } = options;
  const keepsSegments = maxLineCount === undefined || options.maxLineWidth === undefined;
  const maxLineWidth = options.maxLineWidth ?? UNLIMITED;
  const captions: Word[][] = [];
  let caption: Word[] = [];
  let lineLength = 0;
  let lineCount = 1;
  let lastStart = segments.flatMap(({ words }) => words)[0]?.start ?? 0;
  for (const chunk of segments.flatMap(({ words }) => chunks(words, options.maxWordsPerLine))) {
    for (const [i, timed] of chunk.entries()) {
      const isLongPause = !keepsSegments && timed.start - lastStart > LONG_PAUSE_SECONDS;
      const isNewChunk = i === 0 && caption.length > 0 && keepsSegments;
      const fits = lineLength + length(timed.word) <= maxLineWidth;
      let word = timed.word;
      if (lineLength > 0 && fits && !isLongPause && !isNewChunk) {
        lineLength += length(word);
      } else {
        word = stripSpace(word);
        const isFull =
          maxLineCount !== undefined &&
          caption.length > 0 &&
          (isLongPause || lineCount >= maxLineCount);
        if (isFull || isNewChunk) {
          captions.push(caption);
          caption = [];
          lineCount = 1;
        } else if (lineLength > 0) {
          lineCount += 1;
          word = `\n${word}`;
        }
        lineLength = length(stripSpace(word));
      }
      caption.push({ ...timed, word });
      lastStart = timed.start;
    }
  }
  if (caption.length > 0) captions.push(caption);
  return captions;
}

/** A caption for each word, and the plain one for each gap before a word. */
function highlight(
  words: readonly Word[],
  plain: Caption,
  formatTime: (seconds: number) => string,
): Caption[] {
  let last = plain.start;
  return words.flatMap((spoken) => {
    const [start, end] = [formatTime(spoken.start), formatTime(spoken.end)];
    const text = words.map((word) => (word === spoken ? underline(word.word) : word.word)).join("");
    const gap = last === start ? [] : [{ start: last, end: start, text: plain.text }];
    last = end;
    return [...gap, { start, end, text }];
  });
}

/** The white space before a word stays outside; a word with a line break in it is left as it is. */
function underline(word: string): string {
  return word.replace(spacedWord, "$1<u>$2</u>");
}

function chunks(words: readonly Word[], size = UNLIMITED): Word[][] {
  const count = Math.ceil(words.length / size);
  return Array.from({ length: count }, (_, i) => words.slice(i * size, (i + 1) * size));
}

/** Code points, as Python counts. */
function length(text: string): number {
  return [...text].length;
}

function checkLengths({ maxLineWidth, maxLineCount, maxWordsPerLine }: CaptionOptions): void {
  for (const [name, value] of Object.entries({ maxLineWidth, maxLineCount, maxWordsPerLine })) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw refuse(
      name,
      `expected a whole number from 1, found ${value}. Leave it out for no limit.`,
      { found: value },
    );
  }
}
