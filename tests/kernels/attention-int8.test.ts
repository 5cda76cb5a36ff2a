import { afterAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { type AttentionInputs, attend, gaussian, gaussianInputs } from "./attend.ts";
import { expectEqualThreads } from "./compare-threads.ts";
import { type AttentionShape, naiveAttention } from "./naive-attention.ts";
import { codeFormats, largestMagnitude, roundHalfToEven } from "./rounding.ts";
import { allLoops, build, kernelsWith, testKernels } from "./test-kernels.ts";

const { fround } = Math;

/** What is left of rows after rotation of each head and rounding to -most .. most, one scale a head. */
function rounded(
  { heap, hadamardRowsF32 }: Kernels,
  rows: Float32Array,
  headSize: number,
  most: number,
) {
  const mark = heap.mark();
  const data = heap.copyF32(rows);
  hadamardRowsF32(data, rows.length / headSize, headSize);
  const rotated = heap.f32(data, rows.length);
  const result = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += headSize) {
    const head = rotated.subarray(from, from + headSize);
    const largest = largestMagnitude(head);
    const inverse = fround(most / largest);
    for (const [i, x] of head.entries()) {
      result[from + i] = (roundHalfToEven(fround(x * inverse)) * largest) / most;
    }
  }
  heap.release(mark);
  return result;
}

/** The mean of the first rows in float32, sums from top to bottom; zeros of fewer than 32. */
function meanOf(rows: Float32Array, width: number, count: number): Float32Array {
  const mean = new Float32Array(width);
  if (count < 32) return mean;
  for (let at = 0; at < count * width; at++) mean[at % width]! += rows[at]!;
  return mean.map((sum) => fround(sum * fround(1 / count)));
}

/** The specification: exact attention over what rounding leaves of queries, keys and values. */
function attentionOfRounded(
  kernels: Kernels,
  { q, k, v }: AttentionInputs,
  shape: AttentionShape,
  firstPiece = shape.keyCount,
): Float64Array {
  const { heads, headSize } = shape;
  const width = heads * headSize;
  const [keyMean, valueMean] = [k, v].map((rows) => meanOf(rows, width, firstPiece));
  const centred = (rows: Float32Array, mean: Float32Array) =>
    rounded(
      kernels,
      rows.map((x, at) => x - mean[at % width]!),
      headSize,
      127,
    );
  const rotated = naiveAttention(
    rounded(kernels, q, headSize, codeFormats[build].largest),
    centred(k, keyMean!),
    centred(v, valueMean!),
    shape,
  );
  const { heap, hadamardRowsF32 } = kernels;
  const mark = heap.mark();
  const data = heap.copyF32(rotated);
  hadamardRowsF32(data, rotated.length / headSize, headSize);
  const output = Float64Array.from(heap.f32(data, rotated.length));
  heap.release(mark);
  return output.map((x, at) => x + valueMean![at % width]!);
}

// Single rows have loops of their own; a tile is 48 rows, a block 128 or 256 positions.
const shapes: AttentionShape[] = [
  { rows: 1, keyCount: 1, heads: 2, headSize: 16, causal: true },
  { rows: 1, keyCount: 13, heads: 6, headSize: 64, causal: true },
  { rows: 2, keyCount: 40, heads: 3, headSize: 24, causal: true },
  { rows: 7, keyCount: 7, heads: 3, headSize: 64, causal: true },
  { rows: 83, keyCount: 101, heads: 4, headSize: 32, causal: true },
  { rows: 130, keyCount: 300, heads: 2, headSize: 16, causal: true },
  { rows: 83, keyCount: 83, heads: 2, headSize: 64, causal: false },
  { rows: 1, keyCount: 1500, heads: 2, headSize: 64, causal: false },
  { rows: 50, keyCount: 1500, heads: 2, headSize: 64, causal: false },
  { rows: 3, keyCount: 29, heads: 20, headSize: 64, causal: false },
  { rows: 49, keyCount: 257, heads: 2, headSize: 80, causal: false },
  { rows: 41, keyCount: 50, heads: 2, headSize: 12, causal: false },
  { rows: 6, keyCount: 20, heads: 3, headSize: 5, causal: false },
];

/** Appended in two parts, as a decoder does after its prompt. */
const attendInParts = (kernels: Kernels, shape: AttentionShape) =>
  attend(kernels, "int8", gaussianInputs(shape), shape, [Math.floor(shape.keyCount / 3)]);

describe.each(allLoops)("attentionInt8 by loops %s", async (loops) => {
  const kernels = await kernelsWith(loops);

  it.each(shapes)(
    "$rows rows see $keyCount keys, $heads heads of $headSize, causal: $causal",
    (shape) => {
      const { q, k, v } = gaussianInputs(shape);
      const found = attendInParts(kernels, shape);
      const exact = naiveAttention(q, k, v, shape);
      expect(signalToNoise(found, exact)).toBeGreaterThanOrEqual(30);
      const energy = exact.reduce((sum, x) => sum + x * x, 0) / exact.length;
      expect(maxDifference(found, exact) / Math.sqrt(energy)).toBeLessThan(0.25);
    },
  );
});

it("computes attention on two threads to the last bit as on one", () =>
  expectEqualThreads(shapes, attendInParts));

describe("attentionInt8 beside attention of what is rounded", async () => {
  const kernels = await testKernels();

  // Probabilities are right to 1e-4 in the plain build (their exponential, and 14 bits of the block's
  // largest), and to 7 bits of it in the relaxed one.
  const tolerance = build === "plain" ? 3e-4 : 0.05;

  it.each(shapes)(
    "$rows rows see $keyCount keys, $heads heads of $headSize, causal: $causal",
    (shape) => {
      const inputs = gaussianInputs(shape);
      const expected = attentionOfRounded(kernels, inputs, shape);
      expect(maxDifference(attend(kernels, "int8", inputs, shape), expected)).toBeLessThan(
        tolerance,
      );
    },
  );

  it.each([[[33, 1, 1, 1, 7, 2, 40]], [[1, 1, 1, 1]], [[4, 64]], [[31, 32]]])(
    "keys and values appended in pieces of %j and the rest",
    (pieces) => {
      const shape = { rows: 5, keyCount: 118, heads: 3, headSize: 64, causal: true };
      const inputs = gaussianInputs(shape);
      const expected = attentionOfRounded(kernels, inputs, shape, pieces[0]);
      const found = attend(kernels, "int8", inputs, shape, pieces);
      expect(maxDifference(found, expected)).toBeLessThan(tolerance);
    },
  );
});

describe("attentionInt8 beside exact attention", async () => {
  const kernels = await testKernels();
  /** Decibels of noise that 7 bits of queries and probabilities may have. */
  const least = build === "plain" ? 38 : 33;
  const shape = { rows: 24, keyCount: 1500, heads: 2, headSize: 64, causal: false };
  const width = shape.heads * shape.headSize;
  const noise = (inputs: AttentionInputs) =>
    signalToNoise(
      attend(kernels, "int8", inputs, shape),
      naiveAttention(inputs.q, inputs.k, inputs.v, shape),
    );

  it("loses little of random heads", () => {
    expect(noise(gaussianInputs(shape))).toBeGreaterThan(least);
  });

  it("loses little where one channel in a hundred is thirty times larger", () => {
    const inputs = gaussianInputs(shape);
    // One head has the channel in queries and values, the other in keys.
    const enlarge = (rows: Float32Array, channel: number) =>
      rows.forEach((x, at) => {
        if (at % width === channel) rows[at] = x * 30;
      });
    enlarge(inputs.q, 5);
    enlarge(inputs.v, 6);
    enlarge(inputs.k, 64 + 7);
    for (const i of inputs.q.keys()) inputs.q[i]! *= 0.2;
    expect(noise(inputs)).toBeGreaterThan(33);
  });

  it("loses nothing to what all keys and values have in common", () => {
    const plain = gaussianInputs(shape);
    const shift = gaussian(width, 9);
    const shifted = (rows: Float32Array) => rows.map((x, at) => x + 20 * shift[at % width]!);
    const inputs = { q: plain.q, k: shifted(plain.k), v: shifted(plain.v) };
    // Twenty times the spread of a value is 26 dB more signal.
    expect(noise(inputs)).toBeGreaterThan(noise(plain) + 26);
  });

  it.each([0.5, 0.7, 1, 2])(
    "loses little where a key has %f of a query's score over a long tail",
    (peak) => {
      const inputs = gaussianInputs(shape);
      for (let at = 0; at < inputs.q.length; at++) {
        const row = Math.floor(at / width);
        inputs.q[at] = 0.3 * inputs.q[at]! + peak * inputs.k[row * 61 * width + (at % width)]!;
      }
      expect(noise(inputs)).toBeGreaterThan(least);
    },
  );

  it("gives no numbers where it is given none", () => {
    const small = { rows: 2, keyCount: 40, heads: 2, headSize: 16, causal: false };
    for (const name of ["q", "k", "v"] as const) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const inputs = gaussianInputs(small);
        // Of the second head, the first row.
        inputs[name][20] = bad;
        const found = attend(kernels, "int8", inputs, small);
        expect(found.slice(0, 16).every(Number.isFinite), `${name} ${bad}, other head`).toBe(true);
        expect(found.slice(16, 32).some(Number.isFinite), `${name} ${bad}`).toBe(false);
      }
    }
  });

  it("takes vectors of zeros", () => {
    const small = { rows: 2, keyCount: 40, heads: 2, headSize: 16, causal: false };
    const inputs = gaussianInputs(small);
    inputs.q.fill(0, 0, 32);
    inputs.k.fill(0, 64, 96);
    inputs.v.fill(0, 96);
    const expected = naiveAttention(inputs.q, inputs.k, inputs.v, small);
    expect(signalToNoise(attend(kernels, "int8", inputs, small), expected)).toBeGreaterThan(33);
  });
});

describe("the memory beside", async () => {
  const kernels = await testKernels({ threads: 2 });
  const { heap } = kernels;
  afterAll(() => kernels.dispose());

  it.each(shapes)(
    "$rows rows, $keyCount keys, $heads heads of $headSize stays as it is",
    (shape) => {
      const { rows, keyCount, heads, headSize, causal } = shape;
      const width = heads * headSize;
      const input = heap.copyF32(randomF32(keyCount * width, 4));
      const capacity = Math.ceil(keyCount / 16) * 16;
      const fences: number[] = [];
      const fenced = (bytes: number) => {
        const pointer = heap.allocate(bytes);
        // The allocator rounds up to 64 bytes: the fence begins where the request ended.
        const fence = heap.allocate(64);
        heap.u8(pointer + bytes, fence + 64 - pointer - bytes).fill(0xa5);
        fences.push(pointer + bytes, fence + 64);
        return pointer;
      };
      const cache = fenced(kernels.keyValuesBytesInt8(capacity, heads, headSize));
      kernels.openKeyValuesInt8(cache, capacity, heads, headSize);
      const appendScratch = fenced(2 * kernels.appendScratchInt8(headSize));
      kernels.appendKeysValuesInt8(input, input, keyCount, width, cache, 0, appendScratch);
      const output = fenced(rows * width * 4);
      const scratch = fenced(2 * kernels.attentionScratchInt8(rows, cache, keyCount));
      kernels.attentionInt8(input, rows, width, cache, keyCount, causal, output, scratch);
      for (let i = 0; i < fences.length; i += 2) {
        const fence = heap.u8(fences[i]!, fences[i + 1]! - fences[i]!);
        expect(fence.every((byte) => byte === 0xa5)).toBe(true);
      }
    },
  );
});
