import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { exactGelu } from "../fixtures/gelu.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

describe("geluF32", () => {
  it("is x/2 (1 + erf(x / sqrt 2)), not the tanh form, from -12 to 12 and in the tail", async () => {
    const { heap, geluF32 } = await testKernels();
    const input = Float32Array.from({ length: 4803 }, (_, i) => (i - 2401) / 200);
    const data = heap.copyF32(input);
    geluF32(data, input.length);
    const expected = Array.from(input, exactGelu);
    expect(maxDifference(heap.f32(data, input.length), expected)).toBeLessThan(1.5e-6);
  });

  it("has a fast form within 4e-5, for any count", async () => {
    const { heap, inputStepRowsF32 } = await testKernels();
    const input = Float32Array.from({ length: 4803 }, (_, i) => (i - 2401) / 200);
    const output = heap.copyF32(new Float32Array(4804).fill(7));
    inputStepRowsF32(3, 0, 0, heap.copyF32(input), 1, 4803, output);
    const found = heap.f32(output, 4804);
    expect(maxDifference(found.subarray(0, 4803), Array.from(input, exactGelu))).toBeLessThan(4e-5);
    expect(found[4803]).toBe(7);
    inputStepRowsF32(3, 0, 0, heap.copyF32([1e30, -1e30, Number.NaN]), 1, 3, output);
    const [large, small, none] = heap.f32(output, 3);
    expect([large, Math.abs(small! / 1e30) < 1e-8, none]).toEqual([
      Math.fround(1e30),
      true,
      Number.NaN,
    ]);
  });

  it("keeps the limits for huge numbers", async () => {
    const { heap, geluF32 } = await testKernels();
    const data = heap.copyF32([1e30, -1e30, 100, -100, 0]);
    geluF32(data, 5);
    expect(Array.from(heap.f32(data, 5), (x) => x + 0)).toEqual([Math.fround(1e30), 0, 100, 0, 0]);
  });
});

describe("layerNormRowsF32", () => {
  it.each([
    [3, 384],
    [1, 32],
    [3, 512],
    [4, 768],
    [2, 1024],
    [5, 1280],
    [2, 13],
    [7, 1],
  ])("%i rows of %i", async (rows, width) => {
    const { heap, layerNormRowsF32 } = await testKernels();
    const input = randomF32(rows * width, 1).map((x) => x * 10 + 3);
    const weight = randomF32(width, 2);
    const bias = randomF32(width, 3);
    const expected = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) {
      const row = Array.from(input.subarray(r * width, (r + 1) * width));
      const mean = row.reduce((a, b) => a + b, 0) / width;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / width;
      row.forEach((x, i) => {
        expected[r * width + i] = ((x - mean) / Math.sqrt(variance + 1e-5)) * weight[i]! + bias[i]!;
      });
    }
    const data = heap.copyF32(input);
    layerNormRowsF32(data, rows, width, heap.copyF32(weight), heap.copyF32(bias), data);
    expect(maxDifference(heap.f32(data, rows * width), expected)).toBeLessThan(1e-5);
  });
});

describe("softmaxRowsF32", () => {
  it.each([
    [1, 1, 0.125],
    [3, 1500, 0.125],
    [2, 51, 1],
    [5, 7, 0.25],
  ])("%i rows of %i, scale %f, sharp and far from zero", async (rows, columns, scale) => {
    const { heap, softmaxRowsF32 } = await testKernels();
    const stride = columns + 3;
    const input = randomF32(rows * stride, 4).map((x) => x * 60 - 200);
    const data = heap.copyF32(input);
    softmaxRowsF32(data, rows, columns, stride, scale);
    const actual = heap.f32(data, rows * stride);
    for (let r = 0; r < rows; r++) {
      const row = input.subarray(r * stride, r * stride + columns);
      const maximum = Math.max(...row);
      const weights = Array.from(row, (x) => Math.exp(scale * (x - maximum)));
      const sum = weights.reduce((a, b) => a + b, 0);
      const expected = weights.map((weight) => weight / sum);
      expect(
        maxDifference(actual.subarray(r * stride, r * stride + columns), expected),
      ).toBeLessThan(1e-6);
      expect(Array.from(actual.subarray(r * stride + columns, (r + 1) * stride))).toEqual(
        Array.from(input.subarray(r * stride + columns, (r + 1) * stride)),
      );
    }
  });
});

describe("addF32", () => {
  it("adds, the tail included", async () => {
    const { heap, addF32 } = await testKernels();
    const target = heap.copyF32([1, 2, 3, 4, 5, 6, 7, 100]);
    addF32(target, heap.copyF32([10, 20, 30, 40, 50, 60, 70]), 7);
    expect(Array.from(heap.f32(target, 8))).toEqual([11, 22, 33, 44, 55, 66, 77, 100]);
  });
});

describe("conversions to float32", () => {
  /** binary16 as IEEE 754 defines it. */
  function halfToNumber(bits: number): number {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  it("every float16 exactly, also in the tail", async () => {
    const { heap, convertF16ToF32 } = await testKernels();
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const source = heap.allocate(131072);
    heap.u8(source, 131072).set(new Uint8Array(halves.buffer));
    const target = heap.allocateF32(65536);
    convertF16ToF32(source, target, 65536);
    const actual = heap.f32(target, 65536).slice();
    convertF16ToF32(source + 2 * 513, target, 3);
    const tail = heap.f32(target, 3);
    for (let i = 0; i < 65536; i++) {
      if (!Object.is(actual[i], halfToNumber(i)))
        expect(actual[i], `0x${i.toString(16)}`).toBe(halfToNumber(i));
    }
    expect(Array.from(tail)).toEqual([513, 514, 515].map(halfToNumber));
  });

  it("bfloat16 as the upper half of a float32, also in the tail", async () => {
    const { heap, convertBF16ToF32 } = await testKernels();
    const values = Float32Array.from([1, -2.5, 3e38, 1e-38, 0, -0, 7]);
    const upper = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
    const source = heap.allocate(14);
    heap.u8(source, 14).set(new Uint8Array(upper.buffer));
    const target = heap.allocateF32(7);
    convertBF16ToF32(source, target, 7);
    const expected = new Float32Array(Uint32Array.from(upper, (bits) => bits << 16).buffer);
    expect(Array.from(heap.f32(target, 7))).toEqual(Array.from(expected));
  });
});
