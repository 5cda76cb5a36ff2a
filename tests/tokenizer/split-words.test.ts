import { describe, expect, it } from "vitest";
import { splitWords } from "../../src/tokenizer/split-words.ts";
import { stripSpace } from "../../src/tokenizer/white-space.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";
import { openTokenizer } from "./files.ts";

describe("white space around text", () => {
  it("is Python's: with the separators and U+0085, without U+FEFF", () => {
    expect(stripSpace("\x1c\x1f\u0085\u00a0\u3000\t a b \r\n\u2028")).toBe("a b");
    expect(stripSpace("\ufeff a\u200b")).toBe("\ufeff a\u200b");
    expect(stripSpace(" \x1d ")).toBe("");
  });
});

describe("words of a vocabulary that cannot write a space", () => {
  it("are its characters", () => {
    const tokenizer = openTokenizer("digits", "vocab.json");
    const words = splitWords(tokenizer, [4, 0, 7, tokenizer.special.endOfText], null);
    expect(words.map(({ word }) => word)).toEqual(["4", "0", "7", "<|endoftext|>"]);
  });
});

interface Split {
  readonly language: string;
  readonly ids: number[];
  readonly words: string[];
  readonly word_tokens: number[][];
}

describeWithReference("words of tokens against OpenAI's", () => {
  const tokenizer = openTokenizer("multi-d32-f16", "vocab.json");
  const cases: Split[] = referenceJson("tokenizer/multilingual.json").split_to_word_tokens;

  it.each(cases)("$language: $words", ({ language, ids, words, word_tokens }) => {
    const found = splitWords(tokenizer, ids, language);
    expect(found.map(({ word }) => word)).toEqual(words);
    expect(found.map(({ tokens }) => tokens)).toEqual(word_tokens);
  });

  it("stand apart at whole characters in all languages without spaces, else at spaces", () => {
    const ids = tokenizer.encode(" ab 你好");
    const words = (language: string | null) =>
      splitWords(tokenizer, ids, language).map(({ word }) => word);
    for (const language of ["zh", "ja", "th", "lo", "my", "yue"]) {
      expect(words(language)).toEqual([" ab", " 你", "好"]);
    }
    for (const language of ["en", "ko", "he", null]) {
      expect(words(language)).toEqual([" ab", " 你好"]);
    }
  });

  it("leave out tokens at the end that spell no whole character, as OpenAI's do", () => {
    const gothic = tokenizer.encode("\u{10348}");
    expect(gothic).toHaveLength(4);
    const ids = [...tokenizer.encode(" a"), ...gothic.slice(0, 3), tokenizer.special.endOfText];
    // Three bytes of four are one U+FFFD in the whole text: the second byte never finds its place.
    expect(splitWords(tokenizer, ids, "en")).toEqual([
      { word: " a\ufffd", tokens: ids.slice(0, -3) },
    ]);
  });

  it("of no tokens are none", () => {
    expect(splitWords(tokenizer, [], "en")).toEqual([]);
  });
});
