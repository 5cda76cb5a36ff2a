import type { Logits } from "./window-decoder.ts";

/** Ranges up to this many are gone through one by one. */
const FEW = 16;
/** A kernel's exponential of what is masked is 2^-126, not 0: ranges of no more than twice that are empty. */
const LEAST_WEIGHT = 2 ** -125;
/** Logits times this have no finite differences left but 0; more would overflow. */
const LARGEST_FACTOR = 1e30;

/**
 * Draws a token by softmax(logits / temperature): the range of ids is halved and one half drawn by
 * its share of probability, until few are left. So the sums over the vocabulary are the kernels' work.
 *
 * @param logits at least one of them not masked
 * @param temperature above 0
 * @param random gives numbers 0 <= x < 1; one is taken
 */
export function sampleToken(logits: Logits, temperature: number, random: () => number): number {
  const { values } = logits;
  const factor = Math.min(1 / temperature, LARGEST_FACTOR);
  const maximum = logits.maximum();
  let [from, to] = [0, values.length];
  // Where the number falls within the range, as a share of its probability.
  let share = random();
  while (to - from > FEW) {
    const middle = (from + to) >> 1;
    const left = logits.sumExp(from, middle, maximum, factor);
    const right = logits.sumExp(middle, to, maximum, factor);
    const isEmpty = (sum: number, count: number) => sum <= count * LEAST_WEIGHT;
    const at = share * (left + right);
    if (isEmpty(right, to - middle) || (at < left && !isEmpty(left, middle - from))) {
      to = middle;
      share = Math.min(1, at / left);
    } else {
      from = middle;
      share = Math.max(0, (at - left) / right);
    }
  }
  const weights = Array.from(values.subarray(from, to), (value) => {
    return Math.exp((value - maximum) * factor);
  });
  let rest = share * weights.reduce((sum, weight) => sum + weight, 0);
  let token = from;
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    token = from + i; // the last of them where rounding leaves a rest
    rest -= weight;
    if (rest < 0) break;
  }
  return token;
}
