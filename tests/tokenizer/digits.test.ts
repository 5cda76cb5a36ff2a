import { describe, expect, it } from "vitest";
import { openTokenizer, refusalOf } from "./files.ts";

describe.each(["tokenizer.json", "vocab.json"] as const)(
  "the digits model's tokenizer by %s",
  (by) => {
    const tokenizer = openTokenizer("digits", by);

    it("has four special tokens and no more", () => {
      expect(tokenizer.special).toEqual({
        endOfText: 10,
        startOfTranscript: 11,
        noSpeech: 12,
        noTimestamps: 13,
        translate: null,
        transcribe: null,
        startOfLm: null,
        startOfPrev: null,
        timestampBegin: null,
        timestampEnd: null,
      });
      expect(tokenizer.languages.size).toBe(0);
      expect(tokenizer.space).toBeNull();
    });

    it("encodes digits and refuses other text", () => {
      expect(tokenizer.encode("4072")).toEqual([4, 0, 7, 2]);
      expect(refusalOf(() => tokenizer.encode("4 2"))).toBe(
        'The model\'s vocabulary has no token for the byte 0x20 ("Ġ"): this text cannot be encoded for it.',
      );
    });

    it("decodes, with and without markers", () => {
      expect(tokenizer.decode([11, 13, 4, 0, 10])).toBe(
        "<|startoftranscript|><|notimestamps|>40<|endoftext|>",
      );
      expect(tokenizer.decodeText([11, 13, 4, 0, 10])).toBe("40");
      expect(tokenizer.isTimestamp(13)).toBe(false);
    });

    it.each([-1, 14, 1.5, Number.NaN])("refuses the id %s", (id) => {
      expect(refusalOf(() => tokenizer.decode([id]))).toBe(
        `Token ids of this model run from 0 to 13; found ${id}, which has no token.`,
      );
    });
  },
);
