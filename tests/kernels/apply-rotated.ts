import type { Kernels } from "../../src/kernels/kernels.ts";
import { RotatedStorage } from "../../src/linear/rotated-storage.ts";

/** A rotated linear layer in numbers, and how it is applied. */
export interface RotatedLayer {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly bits: 8 | 4;
  /** assembly/input-step.ts */
  readonly step: number;
  readonly accumulate: boolean;
}

export interface RotatedNumbers {
  /** [rows, inner] */
  readonly input: Float32Array;
  /** [columns, inner] */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly normWeight: Float32Array;
  readonly normBias: Float32Array;
  /** [rows, `stride`]: what the output holds at first. */
  readonly before: Float32Array;
}

/** What rotatedLinearRows makes of `before`, and the weights it had. */
export function applyRotated(
  kernels: Kernels,
  { rows, inner, columns, bits, step, accumulate }: RotatedLayer,
  { input, weights, bias, normWeight, normBias, before }: RotatedNumbers,
): { found: Float32Array; storage: RotatedStorage } {
  const { heap } = kernels;
  const size = { inner, columns };
  const storage = new RotatedStorage(kernels, size, bits, heap.copyF32(bias));
  storage.placeFloats(heap.copyF32(weights), 0, columns);
  const output = heap.copyF32(before);
  kernels.rotatedLinearRows(
    heap.copyF32(input),
    rows,
    step,
    heap.copyF32(normWeight),
    heap.copyF32(normBias),
    storage.pointer,
    output,
    before.length / rows,
    accumulate,
    heap.allocate(kernels.threads * kernels.rotatedLinearScratch(storage.pointer)),
  );
  return { found: heap.f32(output, before.length).slice(), storage };
}
