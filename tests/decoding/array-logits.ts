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

  largest(count: number): number[] {
    return Array.from(this.values.keys())
      .filter((i) => this.values[i]! > Number.NEGATIVE_INFINITY)
      .sort((a, b) => this.values[b]! - this.values[a]!)
      .slice(0, count);
  }

  sumExp(from: number, to: number, maximum: number, factor: number): number {
    let sum = 0;
    for (const value of this.values.slice(from, to)) sum += Math.exp((value - maximum) * factor);
    return sum;
  }

  logSumExp(from = 0, to = this.values.length): number {
    const maximum = this.maximum(from, to);
    if (!Number.isFinite(maximum)) return maximum;
    return maximum + Math.log(this.sumExp(from, to, maximum, 1));
  }
}
