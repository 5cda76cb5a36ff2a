import { ModelError } from "../errors.ts";

/** log(sum(exp(x))) of values[from, to), in double precision; -Infinity when all are masked. */
export function logSumExp(values: Float32Array, from = 0, to = values.length): number {
  const maximum = maximumOf(values, from, to);
  if (maximum === Number.NEGATIVE_INFINITY) return maximum;
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(values[i]! - maximum);
  return maximum + Math.log(sum);
}

/**
 * logSumExp of a decoder's logits.
 *
 * @throws ModelError when they are no numbers
 */
export function logTotal(logits: Float32Array): number {
  const total = logSumExp(logits);
  if (!Number.isFinite(total)) {
    throw new ModelError(
      `The decoder's logits: expected finite numbers, found a total of ${total}. The model's weights are damaged or do not fit its config.`,
      { expected: "finite numbers", found: total },
    );
  }
  return total;
}

/** The largest of values[from, to). */
export function maximumOf(values: Float32Array, from: number, to: number): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) if (values[i]! > maximum) maximum = values[i]!;
  return maximum;
}

/** Index of the largest value, the first of equals. */
export function argMax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
