import { beforeAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Logits } from "../../src/model/logits.ts";
import { ArrayLogits } from "../decoding/array-logits.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await testKernels();
});

function logits(values: Float32Array): Logits {
  return new Logits(kernels, kernels.heap.copyF32(values), values.length);
}

/** Lengths that end on a vector, within one, and beyond one run of partial sums. */
const sizes = [1, 3, 4, 15, 16, 17, 1909, 4096, 4099, 51865];

describe("logits in kernel memory", () => {
  it.each(sizes)("of a vocabulary of %i are what their definitions say", (size) => {
    const values = randomF32(size, size).map((x) => x * 12);
    const [found, expected] = [logits(values), new ArrayLogits(values)];
    const ranges = [
      [0, size],
      [0, 1],
      [Math.floor(size / 3), size],
      [Math.floor(size / 5), Math.ceil(size / 2)],
      [size, size],
    ] as const;
    for (const [from, to] of ranges) {
      expect(found.maximum(from, to)).toBe(expected.maximum(from, to));
      // Exponentials and their sums in float32 are right to 1e-6.
      const difference = found.logSumExp(from, to) - expected.logSumExp(from, to);
      if (to > from) expect(Math.abs(difference)).toBeLessThan(2e-6);
      else expect(found.logSumExp(from, to)).toBe(Number.NEGATIVE_INFINITY);
    }
    expect(found.argMax()).toBe(expected.argMax());
  });

  it.each(sizes)("of a vocabulary of %i have sums at any temperature", (size) => {
    const values = randomF32(size, size).map((x) => x * 12);
    values.fill(Number.NEGATIVE_INFINITY, size >> 2, size >> 1);
    const [found, expected] = [logits(values), new ArrayLogits(values)];
    const maximum = expected.maximum();
    for (const [from, to] of [
      [0, size],
      [size >> 1, size],
      [size >> 2, size >> 1],
    ] as const) {
      for (const factor of [0.5, 1, 1 / 0.3, 1000]) {
        const sum = expected.sumExp(from, to, maximum, factor);
        // Rounding of the exponent grows with the factor, and counts where the term is large.
        const difference = Math.abs(found.sumExp(from, to, maximum, factor) - sum);
        expect(difference).toBeLessThan(5e-6 * Math.max(sum, 1e-6));
      }
    }
  });

  it.each([1, 5, 1500, 4803])("of %i have sums that are right to 1e-6 of themselves", (count) => {
    const all = Float32Array.from({ length: 4803 }, (_, i) => (i - 2401) / 200);
    const values = all.subarray(all.length - count);
    const exact = values.reduce((sum, x) => sum + Math.exp(x - 12), 0);
    const sum = kernels.sumExpF32(kernels.heap.copyF32(values), count, 12, 1);
    expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-6);
  });

  it("have the first of equals as their largest, wherever it is", () => {
    for (let at = 0; at < 40; at++) {
      const values = new Float32Array(40).fill(-2);
      values.fill(3, at);
      expect(logits(values).argMax()).toBe(at);
    }
  });

  it("do not overflow where exp does, and forget what is negligible", () => {
    const sum = (...values: number[]) => logits(Float32Array.from(values)).logSumExp();
    expect(sum(1000, 1000)).toBeCloseTo(1000 + Math.log(2), 6);
    expect(sum(-1000, -1000, -1000)).toBeCloseTo(-1000 + Math.log(3), 6);
    expect(sum(0, -1e30, -200)).toBeCloseTo(0, 6);
  });

  it("pass over masked values, and are -Infinity when all are", () => {
    const masked = new Float32Array(21).fill(-Infinity);
    expect(logits(masked).logSumExp()).toBe(-Infinity);
    expect(logits(masked).argMax()).toBe(0);
    masked[19] = 2;
    expect(logits(masked).logSumExp()).toBeCloseTo(2, 6);
    expect(logits(masked).argMax()).toBe(19);
  });

  it("have no sum when one of them is no number, whatever its bits", () => {
    for (const at of [0, 5, 20]) {
      for (const bits of [0x7fc00000, 0x7fffffff, 0xffc00003]) {
        const values = randomF32(21, 1);
        new Uint32Array(values.buffer)[at] = bits;
        expect(logits(values).logSumExp()).toBeNaN();
      }
      const values = randomF32(21, 1);
      values[at] = Infinity;
      expect(Number.isFinite(logits(values).logSumExp())).toBe(false);
    }
  });

  it("are masked through their values", () => {
    const row = logits(randomF32(30, 2));
    row.values.fill(-Infinity, 3);
    expect(row.maximum(3, 30)).toBe(-Infinity);
    expect(row.argMax()).toBeLessThan(3);
  });
});
