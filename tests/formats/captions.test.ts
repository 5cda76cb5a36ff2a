import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { type CaptionOptions, cutCaptions } from "../../src/formats/captions.ts";
import type { Segment } from "../../src/results.ts";
import { address, segment, wordedSegment } from "./examples.ts";

/** Captions as "start-end text", times in seconds. What is expected is what openai/whisper cuts. */
function captions(segments: readonly Segment[], options: CaptionOptions = {}): string[] {
  return cutCaptions({ segments }, { formatTime: String, escapeText: String }, options).map(
    ({ start, end, text }) => {
      return `${start}-${end} ${text}`;
    },
  );
}

describe("captions of segments with words", () => {
  it.each<[string, CaptionOptions, string[]]>([
    ["nothing asked", {}, ["0-4.6 And so, my fellow Americans:", "8-10.25 ask not."]],
    [
      "lines, and one that a word alone overflows",
      { maxLineWidth: 9 },
      ["0-4.6 And so,\nmy fellow\nAmericans:", "8-10.25 ask not."],
    ],
    [
      "lines of a caption",
      { maxLineWidth: 12, maxLineCount: 2 },
      ["0-2.5 And so, my\nfellow", "2.5-4.6 Americans:", "8-10.25 ask not."],
    ],
    [
      "a pause of more than 3 s, where captions run across segments",
      { maxLineWidth: 100, maxLineCount: 3, maxWordsPerLine: 2 },
      ["0-4.6 And so, my fellow Americans:", "8-10.25 ask not."],
    ],
    [
      "a count of lines without their width",
      { maxLineCount: 1 },
      ["0-4.6 And so, my fellow Americans:", "8-10.25 ask not."],
    ],
    [
      "words of a caption",
      { maxWordsPerLine: 2 },
      ["0-1 And so,", "1.5-2.5 my fellow", "2.5-4.6 Americans:", "8-10.25 ask not."],
    ],
  ])("%s", (_, options, expected) => {
    expect(captions(address, options)).toEqual(expected);
  });

  it("run across segments that follow each other, given width and count", () => {
    const near = [wordedSegment([" one", 0, 1]), wordedSegment([" two", 3, 4], [" three", 4, 5])];
    expect(captions(near, { maxLineWidth: 20, maxLineCount: 1 })).toEqual(["0-5 one two three"]);
    expect(captions(near, { maxLineWidth: 20 })).toEqual(["0-1 one", "3-5 two three"]);
  });

  it("count code points", () => {
    const smiling = [wordedSegment([" 😀😀", 0, 1], [" 😀😀", 1, 2])];
    expect(captions(smiling, { maxLineWidth: 5 })).toEqual(["0-2 😀😀 😀😀"]);
    expect(captions(smiling, { maxLineWidth: 4 })).toEqual(["0-2 😀😀\n😀😀"]);
  });

  it("skip segments that were emptied", () => {
    expect(captions([wordedSegment(), wordedSegment([" one", 1, 2])])).toEqual(["1-2 one"]);
  });
});

describe("highlighted words", () => {
  it("are underlined while spoken, and nothing is in the gaps between", () => {
    const gap = [wordedSegment([" one", 0.5, 1], [" two", 2, 3])];
    expect(captions(gap, { highlightWords: true })).toEqual([
      "0.5-1 <u>one</u> two",
      "1-2 one two",
      "2-3 one <u>two</u>",
    ]);
  });

  it("leave spaces and line breaks outside", () => {
    const lines = [wordedSegment([" one", 0, 1], [" two\n", 1, 2], [" a\nb", 2, 3])];
    expect(captions(lines, { highlightWords: true, maxLineWidth: 6 })).toEqual([
      "0-1 <u>one</u>\ntwo\na\nb",
      "1-2 one\n<u>two</u>\na\nb",
      "2-3 one\ntwo\na\nb",
    ]);
  });
});

describe("captions of segments without words", () => {
  const mixed = [wordedSegment([" one", 0, 1], [" two", 1, 2]), segment(" three", [2, 3])];

  it("are the segments", () => {
    expect(captions(mixed, { highlightWords: false })).toEqual(["0-2 one two", "2-3 three"]);
  });

  it.each([
    { maxLineWidth: 1 },
    { maxLineCount: 1 },
    { maxWordsPerLine: 1 },
    { highlightWords: true },
  ])("refuse %j, which needs words", (options) => {
    expect(() => captions(mixed, options)).toThrow(OptionError);
    expect(() => captions(mixed, options)).toThrow(
      /^\w+: expected segments with the times of words, .*timestamps "word"/,
    );
  });
});

describe("captions of segments without text", () => {
  it("are none", () => {
    expect(captions([segment("", [1, 2]), segment(" one", [2, 3]), segment(" ", [3, 4])])).toEqual([
      "2-3 one",
    ]);
    const empty = { ...segment("", [2, 2]), words: [] };
    expect(captions([empty, wordedSegment([" one", 3, 4])])).toEqual(["3-4 one"]);
  });
});

describe("lengths", () => {
  it.each(["maxLineWidth", "maxLineCount", "maxWordsPerLine"])("refuse a %s of no use", (name) => {
    for (const value of [0, -1, 1.5, Number.NaN]) {
      expect(() => captions([], { [name]: value })).toThrow(OptionError);
      expect(() => captions([], { [name]: value })).toThrow(`${name}: expected a whole number`);
    }
  });
});
