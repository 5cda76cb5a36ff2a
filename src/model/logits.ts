import type { Kernels } from "../kernels/kernels.ts";

/**
 * Logits of what follows one token, in kernel memory. Valid until the decoder is fed again; its
 * values may be changed in place.
 */
export class Logits {
  readonly #kernels: Kernels;
  readonly #pointer: number;
  readonly #vocabSize: number;

  constructor(kernels: Kernels, pointer: number, vocabSize: number) {
    this.#kernels = kernels;
    this.#pointer = pointer;
    this.#vocabSize = vocabSize;
  }

  /** [vocabSize]. */
  get values(): Float32Array {
    return this.#kernels.heap.f32(this.#pointer, this.#vocabSize);
  }

  /** The largest of values[from, to); -Infinity of none. */
  maximum(from = 0, to = this.#vocabSize): number {
    return this.#kernels.maximumF32(this.#pointer + from * 4, Math.max(0, to - from));
  }

  /** Index of the largest value, the first of equals. */
  argMax(): number {
    return this.#kernels.indexOfF32(this.#pointer, this.#vocabSize, this.maximum());
  }

  /** Indices of the `count` largest values, the largest first; fewer where the others are masked. */
  largest(count: number): number[] {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const indices = heap.allocate(count * 4);
    const found = this.#kernels.largestF32(this.#pointer, this.#vocabSize, count, indices);
    const largest = Array.from(heap.i32(indices, found));
    heap.release(mark);
    return largest;
  }

  /** log(sum(exp(x))) of values[from, to); -Infinity when all are masked. Right to 1e-6. */
  logSumExp(from = 0, to = this.#vocabSize): number {
    const maximum = this.maximum(from, to);
    if (!Number.isFinite(maximum)) return maximum;
    return maximum + Math.log(this.sumExp(from, to, maximum, 1));
  }

  /** sum(exp(factor (x - maximum))) of values[from, to), of which none is above `maximum`. */
  sumExp(from: number, to: number, maximum: number, factor: number): number {
    const count = Math.max(0, to - from);
    return this.#kernels.sumExpF32(this.#pointer + from * 4, count, maximum, factor);
  }
}
