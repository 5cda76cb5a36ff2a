import { describe, expect, it } from "vitest";
import { roundToHundredths } from "../../src/alignment/round.ts";
import { roundHalfToEven } from "../../src/decoding/round-half-to-even.ts";

describe("rounding as Python's round", () => {
  it("takes halves to the even number", () => {
    const values = [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 1234.5, 7.4, 7.6];
    expect(values.map((value) => roundHalfToEven(value) + 0)).toEqual([
      0, 2, 2, 0, -2, 0, 1234, 7, 8,
    ]);
  });

  it("goes by the binary value at two decimals, halves to the even digit", () => {
    // Python: [round(x, 2) for x in (...)]
    const values = [0.125, 0.375, 2.675, 1.005, 0.015, 10.54, 12.625, -0.02, -0.125, 3.1459, 0.875];
    expect(values.map(roundToHundredths)).toEqual([
      0.12, 0.38, 2.67, 1, 0.01, 10.54, 12.62, -0.02, -0.12, 3.15, 0.88,
    ]);
  });
});
