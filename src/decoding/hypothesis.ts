/** A text that a search found. */
export interface Hypothesis {
  /** Without end-of-text. */
  readonly tokens: readonly number[];
  /** Sum of the tokens' log-probabilities, of end-of-text too where it was sampled. */
  readonly sumLogProb: number;
}

/**
 * The best of hypotheses, the first of equals (whisper/decoding.py, MaximumLikelihoodRanker): by the
 * mean log-probability; or with a penalty by the sum over ((5 + length) / 6) ** penalty
 * (Wu et al., 2016, equation 14).
 *
 * The reference divides by a length of zero where end-of-text came first; here that counts as one.
 */
export function bestHypothesis(
  hypotheses: readonly Hypothesis[],
  lengthPenalty: number | null,
): Hypothesis {
  const score = ({ tokens, sumLogProb }: Hypothesis) => {
    const { length } = tokens;
    if (lengthPenalty === null) return sumLogProb / Math.max(1, length);
    return sumLogProb / ((5 + length) / 6) ** lengthPenalty;
  };
  return hypotheses.reduce((best, each) => (score(each) > score(best) ? each : best));
}
