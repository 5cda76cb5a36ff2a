import { describe, expect, it } from "vitest";
import { argMax, logSumExp, maximumOf } from "../../src/decoding/log-softmax.ts";
import { randomF32 } from "../fixtures/random.ts";

describe("logSumExp", () => {
  it("equals its definition on any range", () => {
    const values = randomF32(50, 3).map((value) => value * 10);
    for (const [from, to] of [
      [0, 50],
      [0, 1],
      [7, 31],
      [49, 50],
    ] as const) {
      const naive = Math.log(values.slice(from, to).reduce((sum, x) => sum + Math.exp(x), 0));
      // Twelve digits: both sums are in double precision.
      expect(logSumExp(values, from, to)).toBeCloseTo(naive, 12);
    }
  });

  it("does not overflow where exp does", () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 9);
    expect(logSumExp(Float32Array.of(-1000, -1000))).toBeCloseTo(-1000 + Math.log(2), 9);
  });

  it("passes over masked values, and is -Infinity when all are", () => {
    expect(logSumExp(Float32Array.of(-Infinity, 2, -Infinity))).toBe(2);
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity);
  });
});

it("finds the largest value, the first of equals", () => {
  expect(argMax(Float32Array.of(-3, 5, 1, 5))).toBe(1);
  expect(argMax(Float32Array.of(-Infinity, -2))).toBe(1);
  expect(maximumOf(Float32Array.of(-3, 5, 1, 6), 0, 3)).toBe(5);
});
