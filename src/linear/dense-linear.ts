import type { Kernels } from "../kernels/kernels.ts";
import { type Application, inputStep, type Matrix } from "./linear.ts";

/** The reference kind: a dense float32 matrix, packed in panels. */
export class DenseLinear implements Matrix {
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** packRowsF32 panels. */
  readonly #packed: number;
  /** The struct that kernels read (assembly/linear/dense-linear.ts). */
  readonly #pointer: number;
  readonly #kernels: Kernels;
  readonly #scratchBytes: number;

  constructor(
    kernels: Kernels,
    shape: { inputWidth: number; outputWidth: number },
    weights: { packed: number; bias: number },
  ) {
    const { inputWidth, outputWidth } = shape;
    const { packed, bias } = weights;
    this.#kernels = kernels;
    this.inputWidth = inputWidth;
    this.outputWidth = outputWidth;
    this.#packed = packed;
    this.#pointer = kernels.heap.copyI32([inputWidth, outputWidth, packed, bias]);
    this.#scratchBytes = kernels.threads * kernels.denseLinearScratch(inputWidth);
  }

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const { step, normWeight, normBias } = inputStep(application.before);
    const mark = heap.mark();
    const scratch = step === 0 ? 0 : heap.allocate(this.#scratchBytes);
    kernels.denseLinearRows(
      input,
      rows,
      step,
      normWeight,
      normBias,
      this.#pointer,
      output,
      application.stride ?? this.outputWidth,
      application.accumulate ?? false,
      scratch,
    );
    heap.release(mark);
  }

  readRow(index: number, target: number): void {
    const { heap } = this.#kernels;
    const width = this.inputWidth;
    // The row is one lane of a packed panel [width][8].
    const panel = heap.f32(this.#packed + Math.floor(index / 8) * width * 32, width * 8);
    const row = heap.f32(target, width);
    for (let i = 0, at = index % 8; i < width; i++, at += 8) row[i] = panel[at]!;
  }
}
