import { applyRules, type Search, type SearchContext } from "./search.ts";
import type { Logits } from "./window-decoder.ts";

/**
 * Takes the most probable token each time (whisper/decoding.py, GreedyDecoder at temperature 0).
 *
 * @param logits of what follows the prompt
 */
export function* searchGreedily({ plan, mostTokens }: SearchContext, logits: Logits): Search {
  const tokens: number[] = [];
  let sumLogProb = 0;
  for (let row = logits; ; ) {
    const total = applyRules(plan, row, tokens);
    const token = row.argMax();
    sumLogProb += row.values[token]! - total;
    if (token === plan.endOfText) break;
    tokens.push(token);
    if (tokens.length >= mostTokens) break;
    const rows = yield { best: tokens, tokens: [token], sequences: [0] };
    row = rows[0]!;
  }
  return [{ tokens, sumLogProb }];
}
