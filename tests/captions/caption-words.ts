import type { WordTiming } from "../../src/alignment/find-alignment.ts";
import type { CaptionHypothesis } from "../../src/captions/caption-hypothesis.ts";

/** Words of a sentence, a second apart, each half a second long, from `start` on. */
export function wordsOf(sentence: string, start = 0): WordTiming[] {
  return sentence
    .split(" ")
    .filter((word) => word !== "")
    .map((word, i) => ({
      word: ` ${word}`,
      tokens: [word.length],
      start: start + i,
      end: start + i + 0.5,
      probability: 0.5,
    }));
}

export function textOf(words: readonly WordTiming[]): string {
  return words.map(({ word }) => word).join("");
}

export function hypothesisOf(words: readonly WordTiming[]): CaptionHypothesis {
  return {
    words,
    language: "en",
    detected: null,
    quality: { temperature: 0, avgLogProb: -0.25, compressionRatio: 1, noSpeechProb: 0.125 },
  };
}
