import { describe, expect, it } from "vitest";
import { seededRandom, xoshiro128 } from "../../src/decoding/seeded-random.ts";

const take = (count: number, ...seeds: number[]) => {
  return Array.from({ length: count }, seededRandom(...seeds));
};

describe("random numbers", () => {
  it("are the same for the same seeds and others for others", () => {
    expect(take(5, 1, 2)).toEqual(take(5, 1, 2));
    const streams = [[0], [1], [0, 0], [0, 1], [1, 0], [2 ** 32], [2 ** 53 - 1]];
    const firsts = streams.map((seeds) => take(1, ...seeds)[0]);
    expect(new Set(firsts).size).toBe(streams.length);
  });

  it("are those of the generator's authors", () => {
    const next = xoshiro128(Uint32Array.of(1, 2, 3, 4));
    const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034];
    expect(Array.from(published, next)).toEqual(published);
  });

  it("stay what they are from version to version", () => {
    const found = take(3, 0).map((x) => x.toFixed(12));
    expect(found).toEqual(["0.527661508402", "0.999681809085", "0.713523168142"]);
  });

  it("fill 0 to 1 evenly, also the first of neighbouring seeds", () => {
    const count = 20000;
    for (const numbers of [
      take(count, 42),
      Array.from({ length: count }, (_, seed) => take(1, seed)[0]!),
      Array.from({ length: count }, (_, position) => take(1, 0, position, 1, 0)[0]!),
    ]) {
      const bins = new Array<number>(50).fill(0);
      for (const x of numbers) {
        expect(x >= 0 && x < 1).toBe(true);
        bins[Math.floor(x * bins.length)]! += 1;
      }
      const expected = count / bins.length;
      const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      // 49 degrees of freedom: 85 is exceeded once in a thousand times.
      expect(chiSquare).toBeLessThan(85);
      expect(chiSquare).toBeGreaterThan(23); // nor too even: once in a thousand times
    }
  });

  it("follow each other independently", () => {
    const numbers = take(20000, 7);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    for (const lag of [1, 2, 3]) {
      let sum = 0;
      for (let i = lag; i < numbers.length; i++) {
        sum += (numbers[i]! - 0.5) * (numbers[i - lag]! - 0.5);
      }
      // Correlation: standard deviation 0.007.
      expect(Math.abs((sum / numbers.length) * 12)).toBeLessThan(0.025);
    }
  });
});
