import type { Kernels } from "../kernels/kernels.ts";
import { type Application, type Linear, prepareInput } from "./linear.ts";

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

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const { stages, n, scales, permutations } = this.#weights();
    const mark = heap.mark();
    const scratch = heap.allocateF32(2 * n);
    kernels.cascadeRowsF32(
      prepareInput(kernels, application.before, input, rows, this.inputWidth),
      rows,
      this.inputWidth,
      scales,
      permutations,
      stages,
      n,
      this.#bias,
      output,
      this.outputWidth,
      application.stride ?? this.outputWidth,
      application.accumulate ?? false,
      scratch,
    );
    heap.release(mark);
  }
}
