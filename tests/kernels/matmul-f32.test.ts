import { describe, expect, it } from "vitest";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";

/** The specification: c = start + bias + a Wᵀ, in double precision. */
function naiveMatmul(
  a: Float32Array,
  weights: Float32Array,
  rows: number,
  inner: number,
  columns: number,
  bias: Float32Array | null,
  start: Float32Array | null,
): Float64Array {
  const c = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) {
      let sum = (start?.[r * columns + j] ?? 0) + (bias?.[j] ?? 0);
      for (let k = 0; k < inner; k++) sum += a[r * inner + k]! * weights[j * inner + k]!;
      c[r * columns + j] = sum;
    }
  }
  return c;
}

const shapes = [
  // rows, inner, columns: one row (decode), tiles of 1 to 5 rows, column tails, inner beyond one block
  [1, 384, 384],
  [1, 1537, 51],
  [2, 33, 17],
  [3, 7, 1],
  [4, 240, 128],
  [5, 64, 8],
  [7, 385, 23],
  [8, 100, 16],
  [10, 48, 24],
  [101, 128, 40],
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

describe("matmulRowsF32", () => {
  it.each(shapes)("%i rows, inner %i, %i columns", async (rows, inner, columns) => {
    const { heap, ...kernels } = await instantiateNodeKernels();
    const a = randomF32(rows * inner, 1);
    const weights = randomF32(columns * inner, 2);
    const bias = randomF32(columns, 3);
    const start = randomF32(rows * columns, 4);
    const packed = heap.allocateF32(Math.ceil(columns / 8) * 8 * inner);
    const pointers = [a, weights, bias].map((values) => heap.copyF32(values)) as [
      number,
      number,
      number,
    ];
    kernels.packRowsF32(pointers[1], columns, inner, inner, packed);
    for (const useBias of [false, true]) {
      for (const accumulate of [false, true]) {
        const c = heap.copyF32(start);
        kernels.matmulRowsF32(
          pointers[0],
          inner,
          packed,
          inner * 8,
          useBias ? pointers[2] : 0,
          c,
          columns,
          rows,
          inner,
          columns,
          accumulate,
        );
        const expected = naiveMatmul(
          a,
          weights,
          rows,
          inner,
          columns,
          useBias ? bias : null,
          accumulate ? start : null,
        );
        // float32 sums of `inner` products of numbers below 1
        expect(maxDifference(heap.f32(c, rows * columns), expected)).toBeLessThan(
          2e-7 * inner + 1e-6,
        );
      }
    }
  });

  it("reads rows of a and writes rows of c by their strides, touching nothing between", async () => {
    const { heap, ...kernels } = await instantiateNodeKernels();
    const [rows, inner, columns, aStride, cStride] = [6, 10, 11, 16, 20];
    const a = randomF32(rows * aStride, 5);
    const weights = randomF32(columns * inner, 6);
    const packed = heap.allocateF32(16 * inner);
    kernels.packRowsF32(heap.copyF32(weights), columns, inner, inner, packed);
    const c = heap.copyF32(new Float32Array(rows * cStride).fill(7));
    kernels.matmulRowsF32(
      heap.copyF32(a),
      aStride,
      packed,
      inner * 8,
      0,
      c,
      cStride,
      rows,
      inner,
      columns,
      false,
    );
    const dense = a.filter((_, i) => i % aStride < inner);
    const expected = naiveMatmul(dense, weights, rows, inner, columns, null, null);
    const actual = heap.f32(c, rows * cStride);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < cStride; j++) {
        const want = j < columns ? expected[r * columns + j]! : 7;
        expect(actual[r * cStride + j]).toBeCloseTo(want, 5);
      }
    }
  });
});
