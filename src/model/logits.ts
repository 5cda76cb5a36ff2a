import type { Kernels } from "../kernels/kernels.ts";

/**
 * Logits of what follows one token, in kernel memory. Valid until the decoder is fed again; its
 * values may be changed in place.
 */
export class Logits {
  /** [vocabSize]. */
  readonly values: Float32Array;
  readonly #kernels: Kernels;
  readonly #pointer: number;

  constructor(kernels: Kernels, pointer: number, vocabSize: number) {
    this.values = kernels.heap.f32(pointer, vocabSize);
    this.#kernels = kernels;
    this.#pointer = pointer;
  }

  /** The largest of values[from, to); -Infinity of none. */
  maximum(from = 0, to = this.values.length): number {
    return this.#kernels.maximumF32(this.#pointer + from * 4, Math.max(0, to - from));
  }

  /** Index of the largest value, the first of equals. */
  argMax(): number {
    return this.#kernels.indexOfF32(this.#pointer, this.values.length, this.maximum());
  }

  /** log(sum(exp(x))) of values[from, to); -Infinity when all are masked. Right to 1e-6. */
  logSumExp(from = 0, to = this.values.length): number {
    const maximum = this.maximum(from, to);
    if (!Number.isFinite(maximum)) return maximum;
    const count = Math.max(0, to - from);
    return maximum + Math.log(this.#kernels.sumExpF32(this.#pointer + from * 4, count, maximum));
  }
}
