import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { randomF32, seededRandom } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { testKernels } from "./test-kernels.ts";

const GROUP = 32;
const UNTOUCHED = 99;
const { fround } = Math;

/** Normal noise: what rotated weights look like. */
function normalF32(length: number, seed: number, deviation = 0.02): Float32Array {
  const random = seededRandom(seed);
  const next = () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * deviation;
  return Float32Array.from({ length }, next);
}

function roundToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function clip(x: number, least: number, greatest: number): number {
  return Math.min(Math.max(x, least), greatest) + 0;
}

function quantiseInt8(kernels: Kernels, values: Float32Array, inner: number) {
  const { heap } = kernels;
  const rows = values.length / inner;
  const codes = heap.allocate(values.length + 16);
  const scales = heap.allocateF32(rows + 1);
  heap.u8(codes, values.length + 16).fill(UNTOUCHED);
  heap.f32(scales, rows + 1).fill(UNTOUCHED);
  kernels.quantiseRowsInt8(heap.copyF32(values), rows, inner, codes, scales);
  expect(Array.from(heap.u8(codes + values.length, 16))).toEqual(new Array(16).fill(UNTOUCHED));
  expect(heap.f32(scales, rows + 1)[rows]).toBe(UNTOUCHED);
  const found = Int8Array.from(heap.u8(codes, values.length));
  return { codes: found, scales: heap.f32(scales, rows).slice() };
}

function quantiseInt4(kernels: Kernels, values: Float32Array, inner: number) {
  const { heap } = kernels;
  const rows = values.length / inner;
  const rowBytes = Math.ceil(inner / 2);
  const groups = Math.ceil(inner / GROUP);
  const bytes = heap.allocate(rows * rowBytes + 16);
  const scales = heap.allocateF32(rows * groups + 1);
  heap.u8(bytes, rows * rowBytes + 16).fill(UNTOUCHED);
  heap.f32(scales, rows * groups + 1).fill(UNTOUCHED);
  kernels.quantiseRowsInt4(heap.copyF32(values), rows, inner, bytes, scales);
  const after = Array.from(heap.u8(bytes + rows * rowBytes, 16));
  expect(after).toEqual(new Array(16).fill(UNTOUCHED));
  expect(heap.f32(scales, rows * groups + 1)[rows * groups]).toBe(UNTOUCHED);
  const packed = heap.u8(bytes, rows * rowBytes).slice();
  const code = (row: number, i: number) =>
    ((packed[row * rowBytes + (i >> 1)]! >> (i & 1 ? 4 : 0)) & 15) - 8;
  return {
    codes: Int8Array.from(values, (_, i) => code(Math.floor(i / inner), i % inner)),
    /** The code behind the last input of each row of odd width. */
    padding: inner % 2 ? Array.from({ length: rows }, (_, row) => code(row, inner)) : [],
    scales: heap.f32(scales, rows * groups).slice(),
  };
}

/** [first, end, scale's index] of every group of every row. */
function groupsOf(rows: number, inner: number): [number, number, number][] {
  const groups = Math.ceil(inner / GROUP);
  return Array.from({ length: rows * groups }, (_, i) => {
    const row = Math.floor(i / groups);
    const first = row * inner + (i % groups) * GROUP;
    return [first, Math.min(first + GROUP, (row + 1) * inner), i];
  });
}

function isFloat16(x: number): boolean {
  const exponent = x === 0 ? -14 : Math.max(Math.floor(Math.log2(Math.abs(x))), -14);
  return Math.abs(x) <= 65504 && Number.isInteger(x / 2 ** (exponent - 10));
}

function squaredError(values: Float32Array, scale: number): number {
  return values.reduce((sum, x) => {
    const code = scale === 0 ? 0 : clip(roundToEven(x / scale), -8, 7);
    return sum + (x - code * scale) ** 2;
  }, 0);
}

function extreme(values: Float32Array): number {
  return values.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
}

const shapes = [
  [1, 384],
  [3, 33],
  [2, 96],
  [5, 100],
  [4, 1],
  [3, 15],
  [2, 31],
  [2, 1280],
] as const;

describe("quantiseRowsInt8", () => {
  it.each(shapes)("%i rows of %i: to nearest, the largest at 127", async (rows, inner) => {
    const kernels = await testKernels();
    const values = randomF32(rows * inner, 1);
    const { codes, scales } = quantiseInt8(kernels, values, inner);
    for (let row = 0; row < rows; row++) {
      const of = values.subarray(row * inner, (row + 1) * inner);
      const largest = Math.abs(extreme(of));
      expect(scales[row]).toBe(fround(largest / 127));
      const inverse = fround(127 / largest);
      const expected = Array.from(of, (x) => roundToEven(fround(x * inverse)) + 0);
      expect(Array.from(codes.subarray(row * inner, (row + 1) * inner))).toEqual(expected);
    }
  });

  it.each([384, 1280, 5120])("keeps 40 dB of normal noise in rows of %i", async (inner) => {
    const values = normalF32(20 * inner, 2);
    const { codes, scales } = quantiseInt8(await testKernels(), values, inner);
    const restored = Array.from(codes, (code, i) => code * scales[Math.floor(i / inner)]!);
    expect(signalToNoise(restored, values)).toBeGreaterThan(40);
  });

  it("takes rows of zeros, of next to nothing, of huge numbers and of none", async () => {
    const values = new Float32Array(4 * 20);
    values.fill(1e-39, 20, 40);
    values.fill(-3e38, 40, 60);
    values[65] = Number.NaN;
    const { codes, scales } = quantiseInt8(await testKernels(), values, 20);
    expect(Array.from(codes.subarray(0, 40))).toEqual(new Array(40).fill(0));
    expect(Array.from(codes.subarray(40, 60))).toEqual(new Array(20).fill(-127));
    expect(scales[0]).toBe(0);
    expect(scales[1]).toBeLessThan(1e-38);
    expect(scales[2]).toBe(fround(fround(3e38) / 127));
    expect(scales[3]).toBeNaN();
  });
});

describe("quantiseRowsInt4", () => {
  it.each(shapes)(
    "%i rows of %i: codes are the nearest for a scale in float16",
    async (rows, inner) => {
      const values = randomF32(rows * inner, 3);
      const { codes, scales, padding } = quantiseInt4(await testKernels(), values, inner);
      for (const [first, end, at] of groupsOf(rows, inner)) {
        expect(scales[at]).toSatisfy(isFloat16);
        const inverse = fround(1 / scales[at]!);
        const nearest = (x: number) => clip(roundToEven(fround(x * inverse)), -8, 7);
        const expected = Array.from(values.subarray(first, end), nearest);
        expect(Array.from(codes.subarray(first, end))).toEqual(expected);
      }
      expect(padding).toEqual(new Array(inner % 2 ? rows : 0).fill(0));
    },
  );

  it("finds scales as good as the best of its eight trials, group by group", async () => {
    const [rows, inner] = [40, 100];
    const values = normalF32(rows * inner, 4);
    const { scales } = quantiseInt4(await testKernels(), values, inner);
    for (const [first, end, at] of groupsOf(rows, inner)) {
      const group = values.subarray(first, end);
      const trials = Array.from({ length: 8 }, (_, i) => {
        const trial = extreme(group) / (-9 + (2 * i) / 7);
        let [xq, qq] = [0, 0];
        for (const x of group) {
          const code = clip(roundToEven(x / trial), -8, 7);
          xq += x * code;
          qq += code * code;
        }
        return squaredError(group, xq / qq);
      });
      // Codes are rounded anew for the scale found, which can only make them better than the trial's
      // own; the other trials are judged by theirs. float16 moves a scale by up to 2^-11 of it.
      const energy = group.reduce((sum, x) => sum + x * x, 0);
      const found = squaredError(group, scales[at]!);
      expect(found).toBeLessThan(Math.min(...trials) + 0.0005 * energy);
    }
  });

  it("keeps 21.5 dB of normal noise: 1.4 dB more than +-7 of 8 levels, 0.4 dB more than -8", async () => {
    const [rows, inner] = [60, 384];
    const values = normalF32(rows * inner, 5);
    const { codes, scales } = quantiseInt4(await testKernels(), values, inner);
    const restored = Array.from(codes, (code, i) => code * scales[Math.floor(i / GROUP)]!);
    const decibels = signalToNoise(restored, values);
    const simple = (scaleOf: (group: Float32Array) => number) => {
      let [signal, noise] = [0, 0];
      for (const [first, end] of groupsOf(rows, inner)) {
        const group = values.subarray(first, end);
        signal += group.reduce((sum, x) => sum + x * x, 0);
        noise += squaredError(group, scaleOf(group));
      }
      return 10 * Math.log10(signal / noise);
    };
    expect(decibels).toBeGreaterThan(21.5);
    expect(decibels).toBeGreaterThan(simple((group) => Math.abs(extreme(group)) / 7) + 1.4);
    expect(decibels).toBeGreaterThan(simple((group) => extreme(group) / -8) + 0.4);
  });

  it("has its scales in float16's range: subnormal, none, clipped; and NaN where a number is none", async () => {
    const inner = GROUP;
    const sizes = [4e-4, 1e-5, 1e-9, 0, 1e-39, 1e7, Number.NaN];
    const values = new Float32Array(sizes.length * inner);
    sizes.forEach((size, row) => {
      values.fill(size / 2, row * inner, (row + 1) * inner);
      values[row * inner + 3] = -size;
    });
    const { codes, scales } = quantiseInt4(await testKernels(), values, inner);
    expect(scales[0]).toSatisfy(isFloat16);
    expect(scales[0]! * codes[3]!).toBeCloseTo(-4e-4, 6);
    // 21 times the smallest float16 number, 2^-24.
    expect(scales[1]).toBe(21 * 2 ** -24);
    expect(codes[inner + 3]).toBe(-8);
    expect(Array.from(scales.subarray(2, 5), (x) => x + 0)).toEqual([0, 0, 0]);
    expect(Array.from(codes.subarray(2 * inner, 5 * inner))).toEqual(new Array(3 * inner).fill(0));
    expect(scales[5]).toBe(65504);
    expect(codes[5 * inner + 3]).toBe(-8);
    expect(scales[6]).toBeNaN();
  });
});
