import type { CaptionHypothesis, HypothesisWord } from "../../src/captions/caption-hypothesis.ts";

/** Words of a sentence, a second apart, each half a second long, from `start` on. */
export function wordsOf(sentence: string, start = 0): HypothesisWord[] {
  return sentence
    .split(" ")
    .filter((word) => word !== "")
    .map((word, i) => ({
      text: ` ${word}`,
      tokens: [word.length],
      timing: { start: start + i, end: start + i + 0.5, probability: 0.5 },
    }));
}

export function textOf(words: readonly HypothesisWord[]): string {
  return words.map(({ text }) => text).join("");
}

export function hypothesisOf(words: readonly HypothesisWord[]): CaptionHypothesis {
  return {
    words,
    language: "en",
    quality: { temperature: 0, avgLogProb: -0.25, compressionRatio: 1, noSpeechProb: 0.125 },
  };
}
