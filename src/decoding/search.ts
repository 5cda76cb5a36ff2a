import { refuse } from "../errors.ts";
import type { DecodingPlan } from "./decoding-plan.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { checkTotal } from "./log-total.ts";
import type { Logits } from "./window-decoder.ts";

/** What a search wants next: one more token in each of some sequences, and the logits after it. */
export interface SearchStep {
  /** The most promising text so far. */
  readonly best: readonly number[];
  readonly tokens: readonly number[];
  /** Of the window, from 0. */
  readonly sequences: readonly number[];
}

/**
 * A search for the text of one window: asks for step after step, is given the logits of each, and
 * ends with what it found. Whoever runs it decides what is computed together (run-searches.ts).
 */
export type Search = Generator<SearchStep, readonly Hypothesis[], readonly Logits[]>;

/** What a search works with. */
export interface SearchContext {
  readonly plan: DecodingPlan;
  /** Most tokens to sample: by the plan, and until the model's context is overfull. */
  readonly mostTokens: number;
  /** The window's sequence i becomes what its sequence sources[i] was. */
  readonly reorder: (sources: readonly number[]) => void;
}

/**
 * Applies the plan's rules to the logits of what follows `sampled`.
 *
 * @returns logSumExp of what is left: a logit less this is a log-probability
 * @throws refuse when the rules leave no token to sample
 * @throws ModelError when the logits are not numbers
 */
export function applyRules(
  { rules }: DecodingPlan,
  logits: Logits,
  sampled: readonly number[],
): number {
  for (const rule of rules) rule(logits, sampled);
  const total = logits.logSumExp();
  const isMasked = (value: number) => value === Number.NEGATIVE_INFINITY;
  if (isMasked(total) && logits.values.every(isMasked)) {
    throw refuse(
      "suppressTokens",
      "expected some token left to sample, found all of them suppressed.",
    );
  }
  return checkTotal(total);
}
