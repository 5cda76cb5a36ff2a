import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";

export const vocabSize = 8;
export const endOfText = 7;
export const noSpeech = 6;

/** A greedy plan for the ids above: no rules, no thresholds; text is the tokens as digits. */
export const tinyPlan: DecodingPlan = {
  initialTokens: [5, 4],
  startIndex: 0,
  endOfText,
  noSpeech,
  rules: [],
  maxTokens: 10,
  attempts: [{ search: "greedy", temperature: 0 }],
  lengthPenalty: null,
  seed: 0,
  thresholds: { compressionRatio: null, logProb: null, noSpeech: null },
  textOf: (tokens) => tokens.join(""),
};
