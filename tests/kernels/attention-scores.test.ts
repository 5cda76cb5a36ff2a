import { describe, expect, it } from "vitest";
import { createKeyValueCache } from "../../src/model/key-value-cache.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { spread } from "./naive-attention.ts";
import { testKernels } from "./test-kernels.ts";

interface Shape {
  readonly rows: number;
  readonly keyCount: number;
  /** Keys of them that are looked at. */
  readonly count: number;
  readonly heads: number;
  readonly headSize: number;
}

const shapes: Shape[] = [
  { rows: 1, keyCount: 1, count: 1, heads: 1, headSize: 4 },
  { rows: 7, keyCount: 40, count: 40, heads: 2, headSize: 16 },
  { rows: 5, keyCount: 61, count: 33, heads: 3, headSize: 20 },
  { rows: 29, keyCount: 1500, count: 550, heads: 3, headSize: 64 },
  { rows: 130, keyCount: 50, count: 0, heads: 2, headSize: 32 },
  { rows: 6, keyCount: 47, count: 47, heads: 3, headSize: 5 },
];

async function scoreBoth(kind: "f32" | "int8", shape: Shape, head: number) {
  const { rows, keyCount, count, heads, headSize } = shape;
  const width = heads * headSize;
  const stride = width + 8;
  const { heap, ...kernels } = await testKernels();
  const q = randomF32(rows * width, 1);
  // What all keys have in common is much of them.
  const common = randomF32(width, 3);
  const k = randomF32(keyCount * width, 2).map((x, i) => x + 3 * common[i % width]!);
  const cache = createKeyValueCache({ heap, ...kernels }, kind, width, heads, keyCount + 3);
  const keys = heap.copyF32(spread(k, width, stride));
  cache.append(keys, keys, keyCount, stride);
  const queries = heap.copyF32(spread(q, width, stride));
  const guard = 9;
  const output = heap.copyF32(new Float32Array(rows * count + guard).fill(77));
  const used = heap.usedBytes;
  cache.score(queries, rows, stride, head, count, output);
  expect(heap.usedBytes).toBe(used);
  const found = heap.f32(output, rows * count + guard).slice();
  expect(found.slice(rows * count)).toEqual(new Float32Array(guard).fill(77));

  const dot = (row: number, key: number) => {
    let sum = 0;
    for (let i = head * headSize; i < (head + 1) * headSize; i++) {
      sum += q[row * width + i]! * k[key * width + i]!;
    }
    return sum;
  };
  const expected = Float64Array.from({ length: rows * count }, (_, i) => {
    return dot(Math.floor(i / count), i % count);
  });
  return { found: found.slice(0, rows * count), expected };
}

/** Scores less the mean of their row. */
function centred(scores: ArrayLike<number>, count: number): Float64Array {
  const rows = Float64Array.from(scores);
  for (let from = 0; from < rows.length; from += count) {
    const row = rows.subarray(from, from + count);
    const mean = row.reduce((a, b) => a + b, 0) / count;
    for (let i = 0; i < count; i++) row[i]! -= mean;
  }
  return rows;
}

describe("scores of one head", () => {
  it.each(shapes)("are queries times keys in an f32 cache: %j", async (shape) => {
    for (let head = 0; head < shape.heads; head++) {
      const { found, expected } = await scoreBoth("f32", shape, head);
      expect(maxDifference(found, expected)).toBeLessThan(1e-4);
    }
  });

  it.each(shapes.filter(({ count }) => count > 1))(
    "are the same up to a constant a row and the keys' rounding in an int8 cache: %j",
    async (shape) => {
      for (let head = 0; head < shape.heads; head++) {
        const { found, expected } = await scoreBoth("int8", shape, head);
        const { count } = shape;
        // A byte with a scale for each key leaves about 42 dB.
        expect(signalToNoise(centred(found, count), centred(expected, count))).toBeGreaterThan(40);
      }
    },
  );
});
