import type { Hypothesis } from "../../src/decoding/hypothesis.ts";

/** Log-probabilities of what follows `tokens`. */
type NextLogProbs = (tokens: readonly number[]) => Float32Array;

interface NaiveOptions {
  readonly beamSize: number;
  readonly mostFinished: number;
  readonly endOfText: number;
  readonly mostTokens: number;
}

/**
 * The beam search of whisper/decoding.py step by step, by tables of whole sequences: all beams begin
 * alike and propose even what has no probability.
 */
export function naiveBeamSearch(next: NextLogProbs, options: NaiveOptions): Hypothesis[] {
  const { beamSize, mostFinished, endOfText, mostTokens } = options;
  const start: Hypothesis = { tokens: [], sumLogProb: 0 };
  let beams: Hypothesis[] = Array.from({ length: beamSize }, () => start);
  const finished = new Map<string, Hypothesis>();
  for (let length = 1; length <= mostTokens; length++) {
    const candidates = new Map<string, Hypothesis>();
    for (const { tokens, sumLogProb } of beams) {
      const logProbs = next(tokens);
      const ids = Array.from(logProbs.keys()).sort((a, b) => logProbs[b]! - logProbs[a]!);
      for (const id of ids.slice(0, beamSize + 1)) {
        const sequence = [...tokens, id];
        candidates.set(sequence.join(), {
          tokens: sequence,
          sumLogProb: sumLogProb + logProbs[id]!,
        });
      }
    }
    const kept: Hypothesis[] = [];
    const newlyFinished: Hypothesis[] = [];
    for (const each of [...candidates.values()].sort((a, b) => b.sumLogProb - a.sumLogProb)) {
      if (each.tokens.at(-1) === endOfText) {
        newlyFinished.push(each);
      } else {
        kept.push(each);
        if (kept.length === beamSize) break;
      }
    }
    beams = kept;
    for (const each of newlyFinished) {
      if (finished.size >= mostFinished) break;
      finished.set(each.tokens.join(), each);
    }
    if (finished.size >= mostFinished) break;
  }
  for (const each of beams) {
    if (finished.size >= beamSize) break;
    finished.set([...each.tokens, endOfText].join(), each);
  }
  return [...finished.values()].map(({ tokens, sumLogProb }) => {
    return { tokens: tokens.filter((token) => token !== endOfText), sumLogProb };
  });
}
