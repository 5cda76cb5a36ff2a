import { afterAll, describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { attend } from "./attend.ts";
import { type AttentionShape, naiveAttention } from "./naive-attention.ts";
import { testKernels } from "./test-kernels.ts";

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
  const kernels = await testKernels({ threads });
  afterAll(() => kernels.dispose());

  it.each(shapes)(
    "$rows rows see $keyCount keys, $heads heads of $headSize, causal: $causal",
    (shape) => {
      const { rows, keyCount, heads, headSize } = shape;
      const width = heads * headSize;
      // Sharp scores: the softmax must be right where one key dominates, too.
      const q = randomF32(rows * width, 1).map((x) => x * 4);
      const k = randomF32(keyCount * width, 2);
      const v = randomF32(keyCount * width, 3);
      // Appended in two parts, as a decoder does after its prompt.
      const found = attend(kernels, "f32", { q, k, v }, shape, [Math.floor(keyCount / 3)]);
      expect(maxDifference(found, naiveAttention(q, k, v, shape))).toBeLessThan(5e-6);
    },
  );
});
