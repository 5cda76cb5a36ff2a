import { afterAll, describe, expect, it } from "vitest";
import { RotatedStorage } from "../../src/linear/rotated-storage.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { applyRotated } from "./apply-rotated.ts";
import { applyStep, rotateRows, steps } from "./linear-step.ts";

/** Plain SIMD: activations are rounded to -1023 .. 1023 with one scale for each row. */
function roundRow(row: readonly number[]): number[] {
  const scale = Math.max(...row.map(Math.abs)) / 1023;
  return row.map((x) => Math.round(x / scale) * scale);
}

const shapes = [
  [1, 384, 1536],
  [1, 384, 51],
  [2, 192, 40],
  [3, 64, 20],
  [4, 192, 9],
  [5, 64, 24],
  [6, 96, 16],
  [7, 128, 13],
  [8, 192, 40],
  [9, 64, 24],
  [10, 64, 24],
  [23, 33, 21],
  [24, 96, 64],
  [61, 100, 30],
  [131, 1280, 24],
] as const;

describe.each([1, 2])("rotatedLinearRows on %i threads", async (threads) => {
  const kernels = await instantiateNodeKernels({ threads });
  const { heap } = kernels;
  afterAll(() => kernels.dispose());

  const cases = shapes.flatMap(([rows, inner, columns]) =>
    ([8, 4] as const).flatMap((bits) =>
      steps.map((step) => ({ rows, inner, columns, bits, step, name: step.name })),
    ),
  );
  it.each(cases)("$rows rows, $inner -> $columns, int$bits, after $name", (shape) => {
    const { rows, inner, columns, bits, step } = shape;
    const input = randomF32(rows * inner, 1);
    const weights = randomF32(columns * inner, 2);
    const bias = randomF32(columns, 3);
    const normWeight = randomF32(inner, 4);
    const normBias = randomF32(inner, 5);
    const stride = columns + 5;
    const before = randomF32(rows * stride, 6);

    const mark = heap.mark();
    const layer = { rows, inner, columns, bits, step: step.step, accumulate: true };
    const numbers = { input, weights, bias, normWeight, normBias, before };
    const { found, storage } = applyRotated(kernels, layer, numbers);
    const rounded = Array.from({ length: columns }, (_, j) => {
      const target = heap.allocateF32(inner);
      storage.dequantiseRow(j, target);
      return heap.f32(target, inner).slice();
    });
    const inputs = applyStep(step, input, inner, normWeight, normBias);
    const rotated = inputs.map((row) => [...rotateRows(kernels, Float32Array.from(row), inner)]);
    heap.release(mark);

    // What the rounded weights and activations give in exact arithmetic, and what W x itself gives.
    const expected = Float64Array.from(before);
    const exact = Float64Array.from(before);
    for (const [r, row] of rotated.map(roundRow).entries()) {
      for (let j = 0; j < columns; j++) {
        const at = r * stride + j;
        expected[at]! += row.reduce((sum, x, k) => sum + x * rounded[j]![k]!, 0) + bias[j]!;
        exact[at]! +=
          inputs[r]!.reduce((sum, x, k) => sum + x * weights[j * inner + k]!, 0) + bias[j]!;
      }
    }
    // An int4 panel for many rows is rounded once more, to int8. A row of odd width is not spread by
    // its rotation, the identity, and one of its codes may fall on the other side of a half.
    const tolerance = bits === 4 && rows >= 10 ? 0.02 * Math.sqrt(inner) : 5e-5 * inner;
    expect(maxDifference(found, expected)).toBeLessThan(tolerance);
    const change = (values: ArrayLike<number>) => Array.from(values, (x, i) => x - before[i]!);
    const decibels = signalToNoise(change(found), change(exact));
    expect(decibels).toBeGreaterThan(bits === 8 ? 34 : 14);
  });

  it("gives NaN, not numbers, for rows that hold none", () => {
    const mark = heap.mark();
    const storage = new RotatedStorage(kernels, { inner: 64, columns: 8 }, 8, 0);
    storage.placeFloats(heap.copyF32(randomF32(8 * 64, 1)), 0, 8);
    const input = randomF32(2 * 64, 2);
    input[64 + 7] = Number.NaN;
    const output = heap.allocateF32(16);
    const scratch = heap.allocate(threads * kernels.rotatedLinearScratch(storage.pointer));
    const pointer = heap.copyF32(input);
    kernels.rotatedLinearRows(pointer, 2, 0, 0, 0, storage.pointer, output, 8, false, scratch);
    const found = Array.from(heap.f32(output, 16));
    heap.release(mark);
    expect(found.slice(0, 8).every(Number.isFinite)).toBe(true);
    expect(found.slice(8).every(Number.isNaN)).toBe(true);
  });
});

describe("RotatedStorage", async () => {
  const kernels = await instantiateNodeKernels();
  const { heap } = kernels;

  it.each([8, 4] as const)("takes int%i codes and scales in either order", (bits) => {
    const [inner, columns] = [96, 16];
    const rows = { codes: (columns * inner * bits) / 8, scales: bits === 8 ? columns : 48 };
    const values = heap.copyF32(randomF32(columns * inner, 3));
    const codes = heap.allocate(rows.codes);
    const scales = heap.allocateF32(rows.scales);
    const quantise = bits === 8 ? kernels.quantiseRowsInt8 : kernels.quantiseRowsInt4;
    quantise(values, columns, inner, codes, scales);
    const read = (storage: RotatedStorage) =>
      Array.from({ length: columns }, (_, j) => {
        const target = heap.allocateF32(inner);
        storage.dequantiseRow(j, target);
        return Array.from(heap.f32(target, inner));
      });
    const [first, second] = [0, 1].map((order) => {
      const storage = new RotatedStorage(kernels, { inner, columns }, bits, 0);
      if (order === 1) storage.placeScales(scales, 0, columns);
      for (const row of [0, 8]) {
        storage.placeCodes(codes + row * storage.codeBytes, row, 8);
        if (order === 0) storage.placeScales(scales + row * (rows.scales / columns) * 4, row, 8);
      }
      return read(storage);
    });
    expect(second).toEqual(first);
    const original = heap.f32(values, columns * inner);
    expect(signalToNoise(first!.flat(), original)).toBeGreaterThan(bits === 8 ? 40 : 20);
  });
});
