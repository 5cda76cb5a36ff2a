import type { Kernels } from "../kernels/kernels.ts";

/**
 * A layer y = W x + b of one of two kinds, dense or cascade, with its weights in kernel
 * memory. All kinds take rows of float32 and give rows of float32.
 */
export interface Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  /**
   * output[r] = (accumulate ? output[r] : 0) + W input[r] + b.
   * input: [rows, inputWidth], output: [rows, outputWidth], contiguous, not overlapping.
   */
  apply(input: number, rows: number, output: number, accumulate?: boolean): void;
}

/** The reference kind: a dense float32 matrix, packed in panels. */
export class DenseLinear implements Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** packRowsF32 panels. */
  readonly #packed: number;
  /** 0: none. */
  readonly #bias: number;
  readonly #kernels: Kernels;

  constructor(
    kernels: Kernels,
    shape: { inputWidth: number; outputWidth: number },
    weights: { packed: number; bias: number },
  ) {
    this.#kernels = kernels;
    this.inputWidth = shape.inputWidth;
    this.outputWidth = shape.outputWidth;
    this.#packed = weights.packed;
    this.#bias = weights.bias;
  }

  apply(input: number, rows: number, output: number, accumulate = false): void {
    this.#kernels.matmulRowsF32(
      input,
      this.inputWidth,
      this.#packed,
      this.inputWidth * 8,
      this.#bias,
      output,
      this.outputWidth,
      rows,
      this.inputWidth,
      this.outputWidth,
      accumulate,
    );
  }
}

/** Weights of a cascade, known when its tensors have arrived. */
export interface CascadeWeights {
  readonly stages: number;
  /** Padded width, a power of two. */
  readonly n: number;
  /** F32 [stages, n]. */
  readonly scales: number;
  /** I32 [stages, n], entries 0 .. n - 1. */
  readonly permutations: number;
}

/** DeepSpectralLinear: stages of permute, scale, FWHT; O(K n) parameters in place of a matrix. */
export class CascadeLinear implements Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly #kernels: Kernels;
  readonly #weights: () => CascadeWeights;
  readonly #bias: number;

  constructor(
    kernels: Kernels,
    shape: { inputWidth: number; outputWidth: number },
    weights: () => CascadeWeights,
    bias: number,
  ) {
    this.#kernels = kernels;
    this.inputWidth = shape.inputWidth;
    this.outputWidth = shape.outputWidth;
    this.#weights = weights;
    this.#bias = bias;
  }

  apply(input: number, rows: number, output: number, accumulate = false): void {
    const { heap } = this.#kernels;
    const { stages, n, scales, permutations } = this.#weights();
    const mark = heap.mark();
    const count = rows * this.outputWidth;
    const scratch = heap.allocateF32(2 * n);
    const target = accumulate ? heap.allocateF32(count) : output;
    this.#kernels.cascadeRowsF32(
      input,
      rows,
      this.inputWidth,
      scales,
      permutations,
      stages,
      n,
      this.#bias,
      target,
      this.outputWidth,
      scratch,
    );
    if (accumulate) this.#kernels.addF32(output, target, count);
    heap.release(mark);
  }
}
