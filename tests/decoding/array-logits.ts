import type { Logits } from "../../src/decoding/window-decoder.ts";

/** Logits in an array of their own, by definition and in double precision. */
export class ArrayLogits implements Logits {
  readonly values: Float32Array;

  constructor(values: Float32Array) {
    this.values = values;
  }

  maximum(from = 0, to = this.values.length): number {
    return this.values.slice(from, to).reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);
  }

  argMax(): number {
    return Math.max(0, this.values.indexOf(this.maximum()));
  }

  logSumExp(from = 0, to = this.values.length): number {
    const maximum = this.maximum(from, to);
    if (!Number.isFinite(maximum)) return maximum;
    let sum = 0;
    for (const value of this.values.slice(from, to)) sum += Math.exp(value - maximum);
    return maximum + Math.log(sum);
  }
}
