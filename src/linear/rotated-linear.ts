import type { Kernels } from "../kernels/kernels.ts";
import { type Application, inputStep, type Matrix } from "./linear.ts";
import type { RotatedStorage } from "./rotated-storage.ts";

/** A step of assembly/linear/input-step.ts: before rounding the fast form is as good as the exact one. */
const FAST_GELU = 3;

/**
 * y = (Q(W D Hᵀ)) Q(H D x) + b with an orthonormal Hadamard matrix H, which is symmetric here, and fixed
 * random signs D: in exact arithmetic nothing changes, but what was in few large channels, or in the mean
 * of all, is spread over all of them, so that rounding to int8 or int4 loses little (QuaRot, Ashkboos et
 * al., 2024).
 */
export class RotatedLinear implements Matrix {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly #kernels: Kernels;
  readonly #storage: RotatedStorage;
  readonly #scratchBytes: number;

  constructor(kernels: Kernels, storage: RotatedStorage) {
    this.#kernels = kernels;
    this.#storage = storage;
    this.inputWidth = storage.inner;
    this.outputWidth = storage.columns;
    this.#scratchBytes = kernels.threads * kernels.rotatedLinearScratch(storage.pointer);
  }

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const { heap } = this.#kernels;
    const { step, normWeight, normBias } = inputStep(application.before);
    const mark = heap.mark();
    const scratch = heap.allocate(this.#scratchBytes);
    this.#kernels.rotatedLinearRows(
      input,
      rows,
      application.before === "gelu" ? FAST_GELU : step,
      normWeight,
      normBias,
      this.#storage.pointer,
      output,
      application.stride ?? this.outputWidth,
      application.accumulate ?? false,
      scratch,
    );
    heap.release(mark);
  }

  readRow(index: number, target: number): void {
    this.#storage.dequantiseRow(index, target);
    this.#kernels.unrotateRowsF32(target, 1, this.inputWidth, this.#storage.signs);
  }
}
