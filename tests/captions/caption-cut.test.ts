import { describe, expect, it } from "vitest";
import type { WordTiming } from "../../src/alignment/find-alignment.ts";
import { cutAfterWords } from "../../src/captions/caption-cut.ts";

/** "word@start-end ..." */
function timedWords(line: string): WordTiming[] {
  return line.split(" ").map((entry) => {
    const [text, times] = entry.split("@");
    const [start, end] = times!.split("-").map(Number);
    return { word: ` ${text}`, tokens: [], start: start!, end: end!, probability: 1 };
  });
}

describe("a cut between final words", () => {
  it.each([
    ["in the longest pause", "a@0-1 b@1.5-2 c@3-4 d@4.2-5 e@5-6", 0, { wordCount: 2, time: 2.5 }],
    [
      "after a sentence, be it a short pause",
      "a@0-1 b.@3-4 c@4.2-5 d@5-6",
      0,
      { wordCount: 2, time: 4.1 },
    ],
    ["after the last sentence", "a!@0-1 b?@2-3 c@4-5 d@5-6 e@6-7", 0, { wordCount: 2, time: 3.5 }],
    ["after a quoted sentence", "a@0-1 b.”@2-3 c@3-5 d@5-6", 0, { wordCount: 2, time: 3 }],
    ["not too early", "a.@0-1 b@3-4 c@4-5 d@5-6", 3.5, { wordCount: 2, time: 4 }],
    ["of equal pauses in the later", "a@0-1 b@1-2 c@2-3 d@3-4", 0, { wordCount: 2, time: 2 }],
    ["not before the last words, which stay", "a@0-1 b@1-2", 0, undefined],
    ["nowhere in time", "a@0-1 b@1-2 c@2-3 d@3-4", 9, undefined],
  ])("is %s", (_, line, from, expected) => {
    const cut = cutAfterWords(timedWords(line), from);
    if (expected === undefined) expect(cut).toBeUndefined();
    else
      expect(cut).toEqual({
        wordCount: expected.wordCount,
        time: expect.closeTo(expected.time, 9),
      });
  });

  it("is not where there are no words", () => {
    expect(cutAfterWords([], 0)).toBeUndefined();
  });
});
