import { createTokenizer, type Tokenizer } from "../../src/tokenizer/tokenizer.ts";

/**
 * Ids of a tiny multilingual model: text from 0, markers from 4, timestamps from 15 to 24 (0.00 to
 * 0.18 s).
 */
export const ids = {
  a: 0,
  b: 1,
  c: 2,
  space: 3,
  endOfText: 4,
  startOfTranscript: 5,
  en: 6,
  he: 7,
  gsw: 8, // a fine-tune's own, unknown to OpenAI's table
  translate: 9,
  transcribe: 10,
  startOfLm: 11,
  startOfPrev: 12,
  noSpeech: 13,
  noTimestamps: 14,
  timestampBegin: 15,
} as const;

export const vocabSize = 25;

const markers = {
  "<|endoftext|>": ids.endOfText,
  "<|startoftranscript|>": ids.startOfTranscript,
  "<|en|>": ids.en,
  "<|he|>": ids.he,
  "<|gsw|>": ids.gsw,
  "<|translate|>": ids.translate,
  "<|transcribe|>": ids.transcribe,
  "<|startoflm|>": ids.startOfLm,
  "<|startofprev|>": ids.startOfPrev,
  "<|nospeech|>": ids.noSpeech,
  "<|notimestamps|>": ids.noTimestamps,
};

/** The tiny model's tokenizer, without the markers named and perhaps cut to a smaller size. */
export function tinyTokenizer(without: readonly (keyof typeof markers)[] = []): Tokenizer {
  const kept = Object.entries(markers).filter(([token]) => !without.includes(token as never));
  return createTokenizer(
    { vocab: { a: 0, b: 1, c: 2, Ġ: 3 }, merges: "", addedTokens: Object.fromEntries(kept) },
    { vocabSize },
  );
}

/** A tokenizer of digits, as the digits model's: no space, no language, no timestamps. */
export function digitsTokenizer(): Tokenizer {
  const addedTokens = {
    "<|endoftext|>": 2,
    "<|startoftranscript|>": 3,
    "<|nospeech|>": 4,
    "<|notimestamps|>": 5,
  };
  return createTokenizer({ vocab: { 0: 0, 1: 1 }, merges: "", addedTokens }, { vocabSize: 6 });
}
