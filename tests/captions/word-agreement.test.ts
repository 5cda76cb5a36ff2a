import { describe, expect, it } from "vitest";
import { WordAgreement } from "../../src/captions/word-agreement.ts";
import { textOf, wordsOf } from "./caption-words.ts";

/** Feeds hypotheses a second apart; tells what each makes final. */
function agree(hypotheses: readonly string[], maxLatency = 1000): string[] {
  const words = new WordAgreement();
  return hypotheses.map((sentence, i) => {
    return textOf(words.accept(wordsOf(sentence), { recognisedUntil: i, maxLatency })).trim();
  });
}

describe("words become final", () => {
  it.each([
    ["when two hypotheses in a row agree", ["a b", "a b c", "a b c d"], ["", "a b", "c"]],
    ["up to the first that differs", ["a b c", "a x c", "a x c"], ["", "a", "x c"]],
    ["not when agreement is not in a row", ["a", "b", "a", "a"], ["", "", "", "a"]],
    ["not when one is missing", ["a b c", "a c", "a b c"], ["", "a", ""]],
    ["as the later hypothesis spells them", ["hello.", "Hello, world"], ["", "Hello,"]],
    ["never from nothing", ["", "", "a"], ["", "", ""]],
    ["in scripts of all kinds", ["שלום עולם", "שלום, עולם טוב"], ["", "שלום, עולם"]],
    ["also where they have no letters", ["♪ ♫", "♪ a"], ["", "♪"]],
  ])("%s", (_, hypotheses, expected) => {
    expect(agree(hypotheses)).toEqual(expected);
  });

  it("after a while without agreement", () => {
    expect(agree(["a b", "x b", "y c", "z d"], 3)).toEqual(["", "", "", "z d"]);
    // A word that came later waits for as long.
    expect(agree(["a", "b b", "c c", "d d", "e e"], 3)).toEqual(["", "", "", "d", "e"]);
  });

  it("all at the end", () => {
    const words = new WordAgreement();
    words.accept(wordsOf("a b c"), { recognisedUntil: 1, maxLatency: 9 });
    words.accept(wordsOf("a b d"), { recognisedUntil: 2, maxLatency: 9 });
    expect(textOf(words.open)).toBe(" d");
    expect(textOf(words.conclude(wordsOf("a b e f")))).toBe(" e f");
    expect(textOf(words.final)).toBe(" a b e f");
    expect(words.open).toEqual([]);
  });

  it("as they stand, where there will be no other hypothesis", () => {
    const words = new WordAgreement();
    words.accept(wordsOf("a b"), { recognisedUntil: 1, maxLatency: 9 });
    expect(textOf(words.settle())).toBe(" a b");
    expect(words.open).toEqual([]);
  });
});

describe("words that are final", () => {
  it.each([
    ["said again", "one two", "one two three", "three"],
    ["said otherwise", "twenty five", "twenty fife six", "six"],
    ["said in more words", "25 apples", "twenty five apples fell", "fell"],
    ["said in fewer words", "twenty five apples", "25 apples fell", "fell"],
    ["repeated in the speech", "2 2", "2 2 9 5", "9 5"],
    ["repeated, one of them missed now", "2 2", "2 9 5", "9 5"],
    ["not heard at all", "one two", "", ""],
    ["heard only in part", "one two three", "one two", ""],
    ["all otherwise", "one two", "eins zwei drei", "drei"],
  ])("%s are not told again", (_, said, heard, rest) => {
    const words = new WordAgreement();
    words.conclude(wordsOf(said));
    expect(textOf(words.conclude(wordsOf(heard))).trim()).toBe(rest);
  });

  it("are forgotten with their audio", () => {
    const words = new WordAgreement();
    words.conclude(wordsOf("a b c"));
    expect(textOf(words.forget(2))).toBe(" a b");
    expect(textOf(words.conclude(wordsOf("c d")))).toBe(" d");
  });
});
