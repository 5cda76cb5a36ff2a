import { describe, expect, it } from "vitest";
import { TokenizerError } from "../../src/errors.ts";
import { createTokenizer } from "../../src/tokenizer/tokenizer.ts";
import type { TokenizerFiles } from "../../src/tokenizer/vocabulary.ts";
import { refusalOf } from "./files.ts";

const markers = { "<|endoftext|>": 4, "<|startoftranscript|>": 5, "<|notimestamps|>": 6 };
const vocab = { a: 0, b: 1, ab: 2, Ġ: 3, "#": 7, "##": 8 };

/** A tokenizer.json of the tiny vocabulary above; `change` spoils it. */
function tokenizerJson(change: { model?: object; added_tokens?: unknown } = {}) {
  const added_tokens = Object.entries(markers).map(([content, id]) => ({ id, content }));
  const model = { type: "BPE", vocab, merges: [["a", "b"], "# #"] };
  return { added_tokens, ...change, model: { ...model, ...change.model } };
}

describe("the tokenizer's files", () => {
  it("prefers tokenizer.json", () => {
    const files = { tokenizerJson: tokenizerJson(), vocab: null, merges: "nonsense" };
    expect(createTokenizer(files, { vocabSize: 9 }).encode("ab a##")).toEqual([2, 3, 0, 8]);
  });

  it("reads merges.txt with either line ending, and merges that begin with #", () => {
    for (const merges of ["#version: 0.2\na b\n# #\n", "#version: 0.2\r\na b\r\n# #", "a b\n# #"]) {
      const tokenizer = createTokenizer({ vocab, merges, addedTokens: markers }, { vocabSize: 9 });
      expect(tokenizer.encode("##abba")).toEqual([8, 2, 1, 0]);
    }
  });

  it("merges by rank, the leftmost of equals first", () => {
    const json = tokenizerJson({
      model: { vocab: { a: 0, b: 1, ba: 2, aa: 3, Ġ: 7 }, merges: ["b a", "a a"] },
    });
    const tokenizer = createTokenizer({ tokenizerJson: json }, { vocabSize: 9 });
    expect(tokenizer.encode("aaa")).toEqual([3, 0]);
    expect(tokenizer.encode("baa")).toEqual([2, 0]);
    expect(tokenizer.encode("aaba")).toEqual([3, 2]);
    expect(tokenizer.encode("aabaaa")).toEqual([3, 2, 3]);
  });

  it("takes added tokens as plain text", () => {
    const addedTokens = { ...markers, " é": 1 };
    const tokenizer = createTokenizer(
      { vocab: { a: 0 }, merges: "", addedTokens },
      { vocabSize: 9 },
    );
    expect(tokenizer.decodeText([0, 1])).toBe("a é");
  });

  describe("timestamps", () => {
    const read = (addedTokens: object, vocabSize: number) =>
      createTokenizer({ vocab: { a: 0 }, merges: "", addedTokens }, { vocabSize });
    const range = (addedTokens: object, vocabSize: number) => {
      const { timestampBegin, timestampEnd } = read(addedTokens, vocabSize).special;
      return [timestampBegin, timestampEnd];
    };

    it("are all ids behind <|notimestamps|> that no file names", () => {
      expect(range(markers, 8)).toEqual([7, 8]);
      expect(read(markers, 8).decodeWithTimestamps([0, 7])).toBe("a<|0.00|>");
      expect(range(markers, 7)).toEqual([null, null]);
    });

    it("end at <|30.00|>", () => {
      expect(range(markers, 7 + 1500)).toEqual([7, 7 + 1500]);
      expect(range(markers, 2000)).toEqual([7, 7 + 1501]);
      const tokenizer = read(markers, 2000);
      expect(tokenizer.decodeWithTimestamps([7 + 1500])).toBe("<|30.00|>");
      expect(tokenizer.isTimestamp(7 + 1501)).toBe(false);
    });

    it("end before the tokens that a fine-tune added behind them", () => {
      const listed = { "<|0.00|>": 7, "<|0.02|>": 8, "[laughter]": 9, "<|speaker|>": 10 };
      for (const added of [listed, { "[laughter]": 9, "<|speaker|>": 10 }]) {
        expect(range({ ...markers, ...added }, 11)).toEqual([7, 9]);
        const tokenizer = read({ ...markers, ...added }, 11);
        expect(tokenizer.isTimestamp(8)).toBe(true);
        expect(tokenizer.isTimestamp(9)).toBe(false);
        expect(tokenizer.decodeText([7, 0, 8, 9, 10])).toBe("a[laughter]");
      }
    });

    it("are none where another token follows <|notimestamps|>", () => {
      expect(range({ ...markers, "[laughter]": 7 }, 9)).toEqual([null, null]);
    });
  });

  it("takes for languages only the markers between the start and the tasks", () => {
    const addedTokens = {
      "<|endoftext|>": 1,
      "<|pad|>": 2,
      "<|startoftranscript|>": 3,
      "<|en|>": 4,
      "<|haw|>": 5,
      "<|transcribe|>": 6,
      "<|fr|>": 7,
      "<|translate|>": 8,
      "<|notimestamps|>": 9,
      "<|sep|>": 10,
    };
    const read = (tokens: object) =>
      createTokenizer({ vocab: { a: 0 }, merges: "", addedTokens: tokens }, { vocabSize: 11 });
    const expected = [
      ["en", 4],
      ["haw", 5],
    ];
    expect([...read(addedTokens).languages]).toEqual(expected);
    const { "<|transcribe|>": _, "<|translate|>": __, ...withoutTasks } = addedTokens;
    expect([...read(withoutTasks).languages]).toEqual([]);
  });

  it("leaves out added tokens that the model has no embedding for", () => {
    const padded = { ...markers, "<pad>": 9 };
    const added_tokens = Object.entries(padded).map(([content, id]) => ({ id, content }));
    for (const files of [
      { tokenizerJson: tokenizerJson({ added_tokens }) },
      { vocab, merges: "", addedTokens: padded },
    ]) {
      const tokenizer = createTokenizer(files, { vocabSize: 9 });
      expect(tokenizer.vocabSize).toBe(9);
      expect(() => tokenizer.decode([9])).toThrow(TokenizerError);
    }
  });

  it.each<[TokenizerFiles, string]>([
    [{}, "vocab.json: expected an object of tokens and ids, found nothing."],
    [{ tokenizerJson: [] }, "tokenizer.json: expected an object, found []."],
    [{ tokenizerJson: {} }, "tokenizer.json: expected an object `model`, found nothing."],
    [
      { tokenizerJson: tokenizerJson({ model: { type: "Unigram" } }) },
      'tokenizer.json: expected model.type "BPE", found "Unigram".',
    ],
    [
      { tokenizerJson: tokenizerJson({ model: { vocab: { a: "0" } } }) },
      'tokenizer.json: expected ids from 0 to 8 (vocab_size of config.json is 9), found "0" for the token "a".',
    ],
    [
      { vocab: { a: 9 }, merges: "" },
      'vocab.json: expected ids from 0 to 8 (vocab_size of config.json is 9), found 9 for the token "a".',
    ],
    [
      { vocab: { a: 0, b: 0 }, merges: "" },
      'vocab.json: expected one token an id, found "a" and "b" for id 0.',
    ],
    [
      { vocab: { a: 0 }, merges: "", addedTokens: { a: 1 } },
      'added_tokens.json: expected one id a token, found 0 and 1 for the token "a".',
    ],
    [
      { vocab: { "▁a": 0 }, merges: "" },
      'vocab.json: expected tokens in GPT-2\'s byte-level alphabet, found "▁" in the token "▁a".',
    ],
    [
      { vocab, merges: "", addedTokens: { ...markers, "<|notimestamps|>": 9 } },
      "The tokenizer's files: expected the token <|notimestamps|> with an id below 9 (vocab_size of config.json), found none. Is this a Whisper model?",
    ],
    [
      { vocab, merges: "", addedTokens: { "<pad>": -1 } },
      'added_tokens.json: expected ids from 0 to 8 (vocab_size of config.json is 9), found -1 for the token "<pad>".',
    ],
    [{ vocab }, "merges.txt: expected a list of merges, found nothing."],
    [
      { vocab, merges: "a b\na b a" },
      'merges.txt: expected merge 1 to be a pair of tokens, found "a b a".',
    ],
    [
      { tokenizerJson: tokenizerJson({ model: { merges: [[0, 1]] } }) },
      "tokenizer.json: expected merge 0 to be a pair of tokens, found [0,1].",
    ],
    [
      { vocab, merges: "a c" },
      'merges.txt: expected the parts of merge 0 and their join in the vocabulary, found no token "c".',
    ],
    [
      { vocab, merges: "b a" },
      'merges.txt: expected the parts of merge 0 and their join in the vocabulary, found no token "ba".',
    ],
    [
      { tokenizerJson: tokenizerJson({ added_tokens: markers }) },
      'tokenizer.json: expected an array `added_tokens`, found {"<|endoftext|>":4,"<|startoftranscript|>":5,"<|notimesta....',
    ],
    [
      { tokenizerJson: tokenizerJson({ added_tokens: [{ id: 4 }] }) },
      "tokenizer.json: expected added tokens to be strings, found nothing.",
    ],
    [
      { vocab, merges: "a b" },
      "The tokenizer's files: expected the token <|notimestamps|> with an id below 9 (vocab_size of config.json), found none. Is this a Whisper model?",
    ],
  ])("refuses %j: %s", (files, message) => {
    expect(refusalOf(() => createTokenizer(files, { vocabSize: 9 }))).toBe(message);
  });
});
