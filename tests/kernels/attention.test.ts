import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";

interface Shape {
  readonly rows: number;
  readonly keyCount: number;
  readonly heads: number;
  readonly headSize: number;
  readonly causal: boolean;
}

/** The specification: softmax(q kᵀ / sqrt(headSize)) v per head, in double precision. */
function naiveAttention(q: Float32Array, k: Float32Array, v: Float32Array, shape: Shape) {
  const { rows, keyCount, heads, headSize, causal } = shape;
  const width = heads * headSize;
  const output = new Float64Array(rows * width);
  for (let head = 0; head < heads; head++) {
    for (let r = 0; r < rows; r++) {
      const seen = causal ? keyCount - rows + r + 1 : keyCount;
      const at = (row: number, i: number) => row * width + head * headSize + i;
      const scores = Array.from({ length: seen }, (_, key) => {
        let dot = 0;
        for (let i = 0; i < headSize; i++) dot += q[at(r, i)]! * k[at(key, i)]!;
        return dot / Math.sqrt(headSize);
      });
      const maximum = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - maximum));
      const sum = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, key) => {
        for (let i = 0; i < headSize; i++) output[at(r, i)]! += (weight / sum) * v[at(key, i)]!;
      });
    }
  }
  return output;
}

function allocateCache(kernels: Kernels, shape: Shape, capacity: number) {
  const { heap } = kernels;
  const valueWidth = Math.ceil(shape.headSize / 8) * 8;
  const keys = heap.allocateF32(shape.heads * capacity * shape.headSize);
  const values = heap.allocateF32(shape.heads * capacity * valueWidth);
  return { keys, values };
}

const shapes: Shape[] = [
  { rows: 1, keyCount: 1, heads: 2, headSize: 16, causal: true },
  { rows: 1, keyCount: 13, heads: 6, headSize: 64, causal: true },
  { rows: 7, keyCount: 7, heads: 3, headSize: 64, causal: true },
  { rows: 83, keyCount: 101, heads: 4, headSize: 32, causal: true },
  { rows: 83, keyCount: 83, heads: 2, headSize: 64, causal: false },
  { rows: 1, keyCount: 1500, heads: 2, headSize: 64, causal: false },
  { rows: 3, keyCount: 29, heads: 20, headSize: 64, causal: false },
  { rows: 41, keyCount: 50, heads: 2, headSize: 12, causal: false },
];

describe("attentionF32", () => {
  it.each(shapes)(
    "$rows rows see $keyCount keys, $heads heads of $headSize, causal: $causal",
    async (shape) => {
      const kernels = await instantiateNodeKernels();
      const { heap } = kernels;
      const { rows, keyCount, heads, headSize, causal } = shape;
      const width = heads * headSize;
      // Sharp scores: the softmax must be right where one key dominates, too.
      const q = randomF32(rows * width, 1).map((x) => x * 4);
      const k = randomF32(keyCount * width, 2);
      const v = randomF32(keyCount * width, 3);
      const capacity = Math.ceil((keyCount + 5) / 8) * 8;
      const cache = allocateCache(kernels, shape, capacity);
      const keys = heap.copyF32(k);
      const values = heap.copyF32(v);
      // Appended in two parts, as a decoder does after its prompt.
      const first = Math.floor(keyCount / 3);
      const append = (from: number, count: number) =>
        kernels.appendKeysValuesF32(
          keys + from * width * 4,
          values + from * width * 4,
          count,
          width,
          cache.keys,
          cache.values,
          from,
          capacity,
          heads,
          headSize,
        );
      append(0, first);
      append(first, keyCount - first);
      const queries = heap.copyF32(q);
      const output = heap.allocateF32(rows * width);
      const scratch = heap.allocateF32(Math.min(rows, 40) * Math.ceil(keyCount / 8) * 8);
      kernels.attentionF32(
        queries,
        rows,
        cache.keys,
        cache.values,
        keyCount,
        capacity,
        heads,
        headSize,
        causal,
        output,
        scratch,
      );
      const expected = naiveAttention(q, k, v, shape);
      expect(maxDifference(heap.f32(output, rows * width), expected)).toBeLessThan(5e-6);
    },
  );
});
