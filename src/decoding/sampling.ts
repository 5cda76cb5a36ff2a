import { sampleToken } from "./sample-token.ts";
import { applyRules, type Search, type SearchContext } from "./search.ts";
import type { Logits } from "./window-decoder.ts";

export interface SamplingOptions {
  /** Above 0. */
  readonly temperature: number;
  /** The random numbers of each text, 0 <= x < 1. */
  readonly randoms: readonly (() => number)[];
}

/**
 * Draws texts independently of each other (whisper/decoding.py, GreedyDecoder above temperature 0):
 * tokens by their probabilities at the temperature, log-probabilities at temperature 1.
 *
 * @param logits of what follows the prompt, in sequence 0
 */
export function* sampleTexts(
  { plan, mostTokens, reorder }: SearchContext,
  logits: Logits,
  { temperature, randoms }: SamplingOptions,
): Search {
  const texts = randoms.map((random, sequence) => {
    return { random, sequence, tokens: [] as number[], sumLogProb: 0, isFinished: false };
  });
  // All of them begin with the same row, which the rules mask alike.
  let rows = texts.map(() => logits);
  let unfinished = texts;
  for (let length = 1; ; length++) {
    for (const [i, text] of unfinished.entries()) {
      const row = rows[i]!;
      const total = applyRules(plan, row, text.tokens);
      const token = sampleToken(row, temperature, text.random);
      text.sumLogProb += row.values[token]! - total;
      if (token === plan.endOfText) text.isFinished = true;
      else text.tokens.push(token);
    }
    unfinished = unfinished.filter(({ isFinished }) => !isFinished);
    if (unfinished.length === 0 || length >= mostTokens) break;
    if (length === 1 && texts.length > 1) reorder(texts.map(() => 0));
    rows = [
      ...(yield {
        best: unfinished[0]!.tokens,
        tokens: unfinished.map(({ tokens }) => tokens.at(-1)!),
        sequences: unfinished.map(({ sequence }) => sequence),
      }),
    ];
  }
  return texts.map(({ tokens, sumLogProb }) => ({ tokens, sumLogProb }));
}
