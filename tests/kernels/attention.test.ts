import { afterAll, describe, expect, it } from "vitest";
import { createKeyValueCache } from "../../src/model/key-value-cache.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { type AttentionShape, naiveAttention, spread } from "./naive-attention.ts";

const shapes: AttentionShape[] = [
  { rows: 1, keyCount: 1, heads: 2, headSize: 16, causal: true },
  { rows: 1, keyCount: 13, heads: 6, headSize: 64, causal: true },
  { rows: 7, keyCount: 7, heads: 3, headSize: 64, causal: true },
  { rows: 83, keyCount: 101, heads: 4, headSize: 32, causal: true },
  { rows: 83, keyCount: 83, heads: 2, headSize: 64, causal: false },
  { rows: 1, keyCount: 1500, heads: 2, headSize: 64, causal: false },
  { rows: 3, keyCount: 29, heads: 20, headSize: 64, causal: false },
  { rows: 41, keyCount: 50, heads: 2, headSize: 12, causal: false },
];

describe.each([1, 2])("attentionF32 on %i threads", async (threads) => {
  const kernels = await instantiateNodeKernels({ threads });
  const { heap } = kernels;
  afterAll(() => kernels.dispose());

  it.each(shapes)(
    "$rows rows see $keyCount keys, $heads heads of $headSize, causal: $causal",
    (shape) => {
      const { rows, keyCount, heads, headSize, causal } = shape;
      const width = heads * headSize;
      const stride = 2 * width + 3;
      // Sharp scores: the softmax must be right where one key dominates, too.
      const q = randomF32(rows * width, 1).map((x) => x * 4);
      const k = randomF32(keyCount * width, 2);
      const v = randomF32(keyCount * width, 3);

      const mark = heap.mark();
      const cache = createKeyValueCache(kernels, "f32", width, heads, keyCount + 5);
      const keys = heap.copyF32(spread(k, width, stride));
      const values = heap.copyF32(spread(v, width, stride));
      const queries = heap.copyF32(spread(q, width, stride));
      const output = heap.allocateF32(rows * width);
      // Appended in two parts, as a decoder does after its prompt.
      const first = Math.floor(keyCount / 3);
      cache.append(keys, values, first, stride);
      const offset = first * stride * 4;
      cache.append(keys + offset, values + offset, keyCount - first, stride);
      expect(cache.length).toBe(keyCount);
      cache.attend(queries, rows, stride, output, causal);
      const found = heap.f32(output, rows * width).slice();
      heap.release(mark);

      expect(maxDifference(found, naiveAttention(q, k, v, shape))).toBeLessThan(5e-6);
    },
  );
});
