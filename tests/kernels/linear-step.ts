import type { Kernels } from "../../src/kernels/kernels.ts";
import { placeSigns } from "../../src/linear/rotated-storage.ts";
import { exactGelu } from "../fixtures/gelu.ts";

/** The steps that linear layers take before their product, in double precision. */
export const steps = [
  { name: "nothing", step: 0, of: (row: Float32Array) => Array.from(row) },
  { name: "a layer norm", step: 1, of: layerNorm },
  { name: "GELU", step: 2, of: (row: Float32Array) => Array.from(row, exactGelu) },
] as const;

/** For what is rounded next. */
export const fastGelu = { ...steps[2], name: "GELU's fast form", step: 3 } as const;

function layerNorm(row: Float32Array, weight: Float32Array, bias: Float32Array): number[] {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  const scale = 1 / Math.sqrt(variance + 1e-5);
  return Array.from(row, (x, i) => (x - mean) * scale * weight[i]! + bias[i]!);
}

/** [rows, inner] rows as the step makes them. */
export function applyStep(
  { of }: Pick<(typeof steps)[number], "of">,
  input: Float32Array,
  inner: number,
  weight: Float32Array,
  bias: Float32Array,
): number[][] {
  return Array.from({ length: input.length / inner }, (_, r) =>
    of(input.subarray(r * inner, (r + 1) * inner), weight, bias),
  );
}

/** H D x of rows in kernel memory, by the kernel that has tests of its own. */
export function rotateRows(kernels: Kernels, rows: Float32Array, inner: number): Float32Array {
  const { heap } = kernels;
  const mark = heap.mark();
  const data = heap.copyF32(rows);
  kernels.rotateRowsF32(data, rows.length / inner, inner, placeSigns(kernels, inner));
  const rotated = heap.f32(data, rows.length).slice();
  heap.release(mark);
  return rotated;
}
