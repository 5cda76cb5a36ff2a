/** Probabilities below e^-20 add nothing that counts: 2e-9 each before the logarithm. */
const LEAST_LOG = -20;

/**
 * KL(reference || model) in nats.
 *
 * @param expected log-probabilities of the reference, rounded to float32
 * @param logits of the model, of which `total` is the log of the sum of their exponentials
 */
export function klDivergence(expected: Float32Array, logits: Float32Array, total: number): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const reference = expected[i]!;
    if (reference < LEAST_LOG) continue;
    // Rounded as the reference's are, so that equal models are 0 apart.
    sum += Math.exp(reference) * (reference - Math.fround(logits[i]! - total));
  }
  return Math.max(sum, 0);
}
