import { describe, expect, it } from "vitest";
import type { WordTiming } from "../../src/alignment/find-alignment.ts";
import { mergePunctuations } from "../../src/alignment/merge-punctuations.ts";

/** Words of one token each, a second long. */
function timings(...words: string[]): WordTiming[] {
  return words.map((word, i) => {
    return { word, tokens: [i], start: i, end: i + 1, probability: i / 10 };
  });
}

const words = (merged: readonly WordTiming[]) => merged.map(({ word }) => word);

describe("punctuation", () => {
  it("joins the word before it", () => {
    const merged = mergePunctuations(timings(" Hello", ",", " world", "!", "?"));
    expect(words(merged)).toEqual([" Hello,", "", " world!?", "", ""]);
    expect(merged.map(({ tokens }) => tokens)).toEqual([[0, 1], [], [2, 3, 4], [], []]);
  });

  it("joins the word after it where a space is before it", () => {
    expect(words(mergePunctuations(timings(" said", " “", "Who")))).toEqual([" said", "", " “Who"]);
    // Without a space it is no opening mark; between words it stays alone, if nothing closes by it.
    expect(words(mergePunctuations(timings(" said", "“", "Who")))).toEqual([" said", "“", "Who"]);
  });

  it("joins over several marks on either side", () => {
    const merged = mergePunctuations(timings(" (", " [", "Yes", "]", ")", " so"));
    expect(words(merged)).toEqual(["", "", " ( [Yes])", "", "", " so"]);
    expect(merged[2]!.tokens).toEqual([0, 1, 2, 3, 4]);
  });

  it("keeps times and probabilities of the words", () => {
    const [before, mark, , after] = timings(" a", " (", "b", ".");
    const merged = mergePunctuations([before!, mark!, { ...after!, word: "b", tokens: [7, 8] }]);
    expect(merged).toEqual([
      before,
      { ...mark, word: "", tokens: [] },
      { ...after, word: " (b", tokens: [1, 7, 8] },
    ]);
  });

  it("after a lone space joins nothing, and the space goes to the next word", () => {
    expect(words(mergePunctuations(timings("a", " ", ".", "b")))).toEqual(["a", "", " .", "b"]);
  });

  it("is what the options say", () => {
    expect(words(mergePunctuations(timings(" a", "。", " #", "b"), "#", ""))).toEqual([
      " a",
      "。",
      "",
      " #b",
    ]);
  });

  it("of no words is nothing; the words given stay as they are", () => {
    expect(mergePunctuations([])).toEqual([]);
    const given = timings(" a", ".");
    mergePunctuations(given);
    expect(given).toEqual(timings(" a", "."));
  });
});
