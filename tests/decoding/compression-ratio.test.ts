import { expect, it } from "vitest";
import { compressionRatio } from "../../src/decoding/compression-ratio.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

it("of nothing is 0", () => {
  expect(compressionRatio("")).toBe(0);
});

it("of text that repeats itself is above the usual threshold", () => {
  expect(compressionRatio("the same words again, ".repeat(12))).toBeGreaterThan(2.4);
});

describeWithReference("compression ratios against OpenAI's", () => {
  interface Case {
    readonly text: string;
    readonly utf8_bytes: number;
    readonly zlib_bytes: number;
  }
  const { cases } = referenceJson("tokenizer/compression_ratio.json") as { cases: Case[] };
  it.each(cases)("$text", ({ text, utf8_bytes, zlib_bytes }) => {
    expect(compressionRatio(text)).toBe(utf8_bytes / zlib_bytes);
  });
});
