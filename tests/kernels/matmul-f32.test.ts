import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

const shapes = [
  // rows, inner, columns: one row (decode), tiles of 1 to 5 rows, column tails, inner beyond one block
  [1, 384, 384],
  [1, 1537, 51],
  [2, 33, 17],
  [3, 7, 1],
  [4, 240, 128],
  [5, 64, 8],
  [6, 385, 16],
  [7, 385, 23],
  [8, 64, 24],
  [8, 100, 16],
  [9, 100, 16],
  [10, 48, 24],
  [11, 100, 23],
  [12, 1, 9],
  [101, 128, 40],
  [131, 769, 24],
  [203, 769, 24],
  [13, 1, 9],
  // the widths of tiny, base, small, medium and large, and their feed-forward layers
  [6, 384, 1536],
  [7, 1536, 384],
  [9, 512, 2048],
  [6, 768, 3072],
  [11, 1024, 1024],
  [6, 1280, 5120],
  [7, 5120, 1280],
  // one token's logits: a tail of one column
  [1, 384, 51865],
] as const;

describe("matmulRowsF32", async () => {
  const kernels = await testKernels();
  const { heap } = kernels;

  it.each(shapes)("%i rows, inner %i, %i columns, with gaps", (rows, inner, columns) => {
    const mark = heap.mark();
    const [aStride, cStride] = [inner + 3, columns + 5];
    const a = randomF32(rows * aStride, 1);
    const weights = randomF32(columns * inner, 2);
    const bias = randomF32(columns, 3);
    const before = randomF32(rows * cStride, 4);
    const packed = heap.allocateF32(Math.ceil(columns / 8) * 8 * inner);
    kernels.packRowsF32(heap.copyF32(weights), columns, inner, inner, packed);
    const [aPointer, biasPointer] = [heap.copyF32(a), heap.copyF32(bias)];

    // The specification: a Wᵀ, in double precision.
    const products = Float64Array.from({ length: rows * columns }, (_, i) => {
      const [r, j] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[r * aStride + k]! * weights[j * inner + k]!;
      return sum;
    });
    for (const useBias of [false, true]) {
      for (const accumulate of [false, true]) {
        const c = heap.copyF32(before);
        kernels.matmulRowsF32(
          aPointer,
          aStride,
          packed,
          inner * 8,
          useBias ? biasPointer : 0,
          c,
          cStride,
          rows,
          inner,
          columns,
          accumulate,
        );
        const expected = Array.from(before, (was, i) => {
          const [r, j] = [Math.floor(i / cStride), i % cStride];
          if (j >= columns) return was;
          return (accumulate ? was : 0) + (useBias ? bias[j]! : 0) + products[r * columns + j]!;
        });
        // float32 sums of `inner` products of numbers below 1
        const tolerance = 2e-7 * inner + 1e-6;
        expect(maxDifference(heap.f32(c, before.length), expected)).toBeLessThan(tolerance);
        const isBetween = (_: unknown, i: number) => i % cStride >= columns;
        const between = heap.f32(c, before.length).filter(isBetween);
        expect(between).toEqual(before.filter(isBetween));
      }
    }
    heap.release(mark);
  });
});
