import type { Hypothesis } from "./hypothesis.ts";
import { applyRules, type Search, type SearchContext } from "./search.ts";
import type { Logits } from "./window-decoder.ts";

export interface BeamOptions {
  /** Unfinished hypotheses kept. */
  readonly beamSize: number;
  /** The search ends when so many are finished. */
  readonly mostFinished: number;
}

/** A hypothesis one token longer than that in sequence `source`. */
interface Candidate {
  readonly source: number;
  readonly token: number;
  readonly sumLogProb: number;
}

/**
 * Beam search by the rules of whisper/decoding.py, BeamSearchDecoder: each hypothesis proposes its
 * beamSize + 1 most probable tokens; going down all proposals by their sums, those that end the text
 * are finished and the others kept, until beamSize are; if fewer than beamSize have finished in the
 * end, the best unfinished ones join them.
 *
 * There all beams begin alike and their equal proposals are merged, here the search begins with one.
 * Masked tokens, which the reference proposes where there are no others, are not proposed: they have
 * no probability and never win.
 *
 * @param logits of what follows the prompt, in sequence 0
 */
export function* searchBeams(
  { plan, mostTokens, reorder }: SearchContext,
  logits: Logits,
  { beamSize, mostFinished }: BeamOptions,
): Search {
  let beams: readonly Hypothesis[] = [{ tokens: [], sumLogProb: 0 }];
  const finished: Hypothesis[] = [];
  for (let rows: readonly Logits[] = [logits], length = 1; ; length++) {
    const candidates = beams.flatMap((beam, source) => {
      const row = rows[source]!;
      const total = applyRules(plan, row, beam.tokens);
      const { values } = row;
      return row.largest(beamSize + 1).map((token): Candidate => {
        return { source, token, sumLogProb: beam.sumLogProb + values[token]! - total };
      });
    });
    candidates.sort((a, b) => b.sumLogProb - a.sumLogProb);

    const kept: Candidate[] = [];
    for (const candidate of candidates) {
      if (candidate.token !== plan.endOfText) {
        kept.push(candidate);
        if (kept.length === beamSize) break;
      } else if (finished.length < mostFinished) {
        const { source, sumLogProb } = candidate;
        finished.push({ tokens: beams[source]!.tokens, sumLogProb });
      }
    }
    beams = kept.map(({ source, token, sumLogProb }) => {
      return { tokens: [...beams[source]!.tokens, token], sumLogProb };
    });
    if (finished.length >= mostFinished || beams.length === 0 || length >= mostTokens) break;
    reorder(kept.map(({ source }) => source));
    rows = yield {
      best: beams[0]!.tokens,
      tokens: kept.map(({ token }) => token),
      sequences: kept.map((_, i) => i),
    };
  }
  const missing = Math.max(0, beamSize - finished.length);
  return [...finished, ...beams.slice(0, missing)];
}
