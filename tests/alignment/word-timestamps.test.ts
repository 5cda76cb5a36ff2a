import { describe, expect, it } from "vitest";
import type { WordTiming } from "../../src/alignment/find-alignment.ts";
import {
  lastWordEnd,
  placeWords,
  timeWords,
  type WordPlacement,
} from "../../src/alignment/word-timestamps.ts";
import type { Word } from "../../src/results.ts";
import { ids, tinyTokenizer } from "../decoding/tiny-tokenizers.ts";

/** Ids below this are text. */
const MARKER = 1000;
const isText = (token: number) => token < MARKER;

/** [word, start, end], one token each unless told. */
type Timed = readonly [word: string, start: number, end: number, tokenCount?: number];

function timings(words: readonly Timed[]): WordTiming[] {
  return words.map(([word, start, end, count = 1], i) => {
    return { word, tokens: new Array(count).fill(i), start, end, probability: 0.5 };
  });
}

/** A segment of `count` text tokens between two timestamps. */
function segment(start: number, end: number, count: number) {
  return { start, end, tokens: [MARKER, ...new Array(count).fill(0), MARKER + 1] };
}

function place(
  segments: readonly ReturnType<typeof segment>[],
  words: readonly Timed[],
  placement: Partial<WordPlacement> = {},
) {
  const options = { timeOffset: 0, lastSpeechEnd: 0, ...placement };
  return placeWords(segments, timings(words), isText, options);
}

const shown = ({ words }: { readonly words: readonly Word[] }) =>
  words.map(({ word, start, end }) => [word, start, end]);

describe("words in their segments", () => {
  it("are told apart by the segments' text tokens, at times of the whole audio", () => {
    const words: Timed[] = [
      [" a", 1, 1.2, 2],
      [" b", 1.2, 1.5],
      [" c", 2, 2.3],
    ];
    const [first, second] = place([segment(31, 31.5, 3), segment(32, 32.3, 1)], words, {
      timeOffset: 30,
      lastSpeechEnd: 31,
    });
    expect(shown(first!)).toEqual([
      [" a", 31, 31.2],
      [" b", 31.2, 31.5],
    ]);
    expect(shown(second!)).toEqual([[" c", 32, 32.3]]);
    expect(first!.tokens).toEqual([MARKER, 0, 0, 0, MARKER + 1]);
    expect(first!.words[0]!.probability).toBe(0.5);
  });

  it("move the segments' start and end", () => {
    const [only] = place(
      [segment(0.9, 1.9, 2)],
      [
        [" a", 1, 1.2],
        [" b", 1.2, 1.5],
      ],
    );
    expect([only!.start, only!.end]).toEqual([1, 1.5]);
  });

  it("belong to the segment that they begin in", () => {
    const words: Timed[] = [
      [" a", 1, 1.2],
      [" bc", 1.2, 1.5, 3],
    ];
    const [first, second] = place([segment(1, 1.3, 2), segment(1.3, 2, 2)], words);
    expect(shown(first!).map(([word]) => word)).toEqual([" a", " bc"]);
    expect(second).toEqual({ ...segment(1.3, 2, 2), words: [] });
  });

  it("are none where nothing was aligned; segments keep their times", () => {
    expect(place([segment(1, 2, 3), segment(3, 3, 0)], [])).toEqual([
      { ...segment(1, 2, 3), words: [] },
      { ...segment(3, 3, 0), words: [] },
    ]);
    expect(place([], [])).toEqual([]);
  });

  it("take their punctuation in; what was taken in is no word", () => {
    const words: Timed[] = [
      [" a", 1, 1.2],
      [",", 1.2, 1.3],
      [" b", 1.3, 1.5],
    ];
    const [first, second] = place([segment(1, 1.2, 2), segment(1.3, 1.5, 1)], words, {
      lastSpeechEnd: 1,
    });
    expect(shown(first!)).toEqual([[" a,", 1, 1.2]]);
    expect(shown(second!)).toEqual([[" b", 1.3, 1.5]]);
    const [apart] = place([segment(1, 1.5, 3)], words, { appendPunctuations: "" });
    expect(shown(apart!).map(([word]) => word)).toEqual([" a", ",", " b"]);
  });

  it("never begin before the audio", () => {
    const [only] = place([segment(0, 0, 1)], [[" a", -0.02, -0.02]]);
    expect(shown(only!)).toEqual([[" a", 0, 0]]);
    expect([only!.start, only!.end]).toEqual([0, 0]);
  });
});

describe("words that seem too long", () => {
  /** Three words of 0.2 s, so that the median is 0.2 and 0.4 is long. */
  const ordinary: Timed[] = [
    [" x", 10, 10.2],
    [" y", 10.2, 10.4],
    [" z", 10.4, 10.6],
  ];
  const closeTo = (expected: readonly (readonly [string, number, number])[]) =>
    expected.map(([word, start, end]) => [word, expect.closeTo(start, 9), expect.closeTo(end, 9)]);

  it("end sooner where they are a sentence's end", () => {
    const words: Timed[] = [...ordinary, [".", 10.6, 13]];
    const [only] = place([segment(10, 13, 4)], words, {
      appendPunctuations: "",
      lastSpeechEnd: 10,
    });
    expect(shown(only!).at(-1)).toEqual([".", 10.6, 11]);
  });

  it("begin later after a sentence's end", () => {
    const words: Timed[] = [...ordinary, ["?", 10.6, 10.8], [" next", 10.8, 13]];
    const [only] = place([segment(10, 13, 5)], words, { lastSpeechEnd: 10 });
    expect(shown(only!).at(-1)).toEqual([" next", 12.6, 13]);
  });

  it("stay within a sentence", () => {
    const words: Timed[] = [...ordinary, [" long", 10.6, 13]];
    const [only] = place([segment(10, 13, 4)], words, { lastSpeechEnd: 10 });
    expect(shown(only!).at(-1)).toEqual([" long", 10.6, 13]);
  });

  it("begin later after a pause", () => {
    const words: Timed[] = [[" late", 3, 10], ...ordinary];
    const [only] = place([segment(9.5, 10.6, 4)], words);
    expect(shown(only!)[0]).toEqual([" late", 9.6, 10]);
    expect(only!.start).toBe(9.6);
    // Close after other words nothing is changed but what the segment's own start says.
    const [close] = place([segment(3, 10.6, 4)], words, { lastSpeechEnd: 9.5 });
    expect(shown(close!)[0]).toEqual([" late", 3, 10]);
  });

  it("share what there is where the second is long too", () => {
    const words: Timed[] = [[" a", 3, 5], [" b", 5, 10], ...ordinary];
    const [only] = place([segment(3, 10.6, 5)], words);
    expect(shown(only!).slice(0, 2)).toEqual(
      closeTo([
        [" a", 9.2, 9.6],
        [" b", 9.6, 10],
      ]),
    );
  });

  it("share what there is where the second alone is long", () => {
    const words: Timed[] = [[" a", 4.9, 5], [" b", 5, 10], ...ordinary];
    const [only] = place([segment(4.9, 10.6, 5)], words);
    expect(shown(only!).slice(0, 2)).toEqual(
      closeTo([
        [" a", 9.2, 9.6],
        [" b", 9.6, 10],
      ]),
    );
    // Long only beyond four medians together.
    const [short] = place(
      [segment(4.9, 10.6, 5)],
      [[" a", 9.3, 9.6], [" b", 9.6, 10], ...ordinary],
    );
    expect(shown(short!)[0]).toEqual([" a", 9.3, 9.6]);
  });

  it("give way to a segment's start more than half a second later", () => {
    const words: Timed[] = [[" a", 9.2, 10], ...ordinary];
    const options = { lastSpeechEnd: 9.5 };
    const [later] = place([segment(9.75, 10.6, 4)], words, options);
    expect(shown(later!)[0]).toEqual([" a", 9.75, 10]);
    expect(later!.start).toBe(9.75);
    // Never to less than a median's length.
    const [late] = place([segment(9.95, 10.6, 4)], words, options);
    expect(shown(late!)[0]).toEqual([" a", 9.8, 10]);
    expect(late!.start).toBe(9.95);
    const [near] = place([segment(9.6, 10.6, 4)], words, options);
    expect(near!.start).toBe(9.2);
  });

  it("give way to a segment's end more than half a second earlier", () => {
    const words: Timed[] = [...ordinary, [" b", 10.6, 12]];
    const options = { lastSpeechEnd: 10 };
    const [early] = place([segment(10, 11, 4)], words, options);
    expect(shown(early!).at(-1)).toEqual([" b", 10.6, 11]);
    expect(early!.end).toBe(11);
    const [earlier] = place([segment(10, 10.7, 4)], words, options);
    expect(shown(earlier!).at(-1)).toEqual([" b", 10.6, expect.closeTo(10.8, 9)]);
    expect(earlier!.end).toBe(10.7);
    const [near] = place([segment(10, 11.6, 4)], words, options);
    expect(near!.end).toBe(12);
  });

  it("are measured by a median of at most 0.7 s, of words that last at all", () => {
    const slow: Timed[] = [
      [" a", 0, 2],
      [" b", 2, 2],
      [" c", 2, 4],
      [".", 4, 8],
    ];
    const [only] = place([segment(0, 8, 4)], slow, { appendPunctuations: "" });
    // Twice 0.7, not twice 2.
    expect(shown(only!).at(-1)).toEqual([".", 4, 5.4]);
  });

  it("measure silence from the last word of the segment before", () => {
    const words: Timed[] = [...ordinary, [" after", 10.6, 16]];
    const [, second] = place([segment(10, 10.6, 3), segment(15, 16, 1)], words, {
      lastSpeechEnd: 10,
    });
    expect(shown(second!)).toEqual(closeTo([[" after", 15.6, 16]]));
  });
});

describe("the end of the last word", () => {
  const word = (end: number): Word => ({ word: " a", start: 0, end, probability: 1 });

  it("is the last segment's with words, else the last segment's own, else nothing", () => {
    const spoken = { end: 3, words: [word(1), word(2)] };
    const silent = { end: 5, words: [] };
    expect(lastWordEnd([spoken, silent])).toBe(2);
    expect(lastWordEnd([silent])).toBe(5);
    expect(lastWordEnd([])).toBeNull();
  });
});

describe("timing words by a decoder", () => {
  it("asks for the text of all segments at once, and for none without text", async () => {
    const asked: (readonly number[])[] = [];
    const decoder = {
      async align(tokens: readonly number[]) {
        asked.push(tokens);
        throw new Error("enough");
      },
    };
    const { timestampBegin, endOfText, noTimestamps, a, b, startOfTranscript } = ids;
    const options = {
      tokenizer: tinyTokenizer(),
      language: "en",
      startTokens: [startOfTranscript],
      heads: [[0, 0]] as const,
      positions: 10,
      positionsPerSecond: 50,
      timeOffset: 0,
      lastSpeechEnd: 0,
    };
    const empty = { start: 0, end: 1, tokens: [timestampBegin, timestampBegin + 1] };
    expect(await timeWords(decoder, [empty], options)).toEqual([{ ...empty, words: [] }]);
    expect(asked).toEqual([]);
    const spoken = (token: number) => ({ start: 0, end: 1, tokens: [timestampBegin, token] });
    await expect(timeWords(decoder, [spoken(a), empty, spoken(b)], options)).rejects.toThrow();
    expect(asked).toEqual([[startOfTranscript, noTimestamps, a, b, endOfText]]);
  });
});
