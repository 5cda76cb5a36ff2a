import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { bootstrapErrorRate } from "../../src/metrics/bootstrap.ts";
import type { ErrorCounts } from "../../src/metrics/word-error-rate.ts";

const recording = (hits: number, substitutions: number): ErrorCounts => {
  return { hits, substitutions, deletions: 0, insertions: 0 };
};

describe("bootstrapErrorRate", () => {
  it("is a point where all recordings are alike", () => {
    const alike = Array.from({ length: 5 }, () => recording(3, 1));
    expect(bootstrapErrorRate(alike)).toEqual({ low: 0.25, high: 0.25 });
  });

  it("agrees with the normal approximation for many recordings of one unit", () => {
    // 200 of 1000 wrong: 1.96 standard errors are 0.0248.
    const units = Array.from({ length: 1000 }, (_, i) => recording(i % 5 ? 1 : 0, i % 5 ? 0 : 1));
    const { low, high } = bootstrapErrorRate(units);
    // The ends of 1000 resamples scatter by about 0.001.
    expect(Math.abs(low - (0.2 - 0.0248))).toBeLessThan(0.004);
    expect(Math.abs(high - (0.2 + 0.0248))).toBeLessThan(0.004);
  });

  it("weighs units, not recordings", () => {
    const { high } = bootstrapErrorRate([recording(999, 1), recording(0, 1)], { resamples: 100 });
    expect(high).toBe(1); // the short one drawn twice
    const both = bootstrapErrorRate([recording(999, 1), recording(0, 1)], { confidence: 0.01 });
    expect(both.high).toBe(2 / 1001);
  });

  it("draws again what has no reference, and so no rate", () => {
    const silence = { hits: 0, substitutions: 0, deletions: 0, insertions: 3 };
    // The one drawn once or more: 3 errors of 1 unit, or none.
    expect(bootstrapErrorRate([silence, recording(1, 0)])).toEqual({ low: 0, high: 3 });
  });

  it("is reproducible by its seed", () => {
    const mixed = Array.from({ length: 40 }, (_, i) => recording(20, i % 7));
    const interval = (seed: number) => bootstrapErrorRate(mixed, { seed });
    expect(interval(1)).toEqual(interval(1));
    expect(interval(2)).not.toEqual(interval(1));
  });

  it("is wider for more confidence", () => {
    const mixed = Array.from({ length: 40 }, (_, i) => recording(20, i % 7));
    const [narrow, wide] = [0.5, 0.99].map((confidence) => {
      return bootstrapErrorRate(mixed, { confidence });
    });
    expect(wide!.low).toBeLessThan(narrow!.low);
    expect(wide!.high).toBeGreaterThan(narrow!.high);
  });

  it.each([
    ["no recordings", [], {}, "recordings: expected one or more, found 0"],
    ["empty references", [recording(0, 0)], {}, "expected a reference that is not empty"],
    ["certainty", [recording(1, 0)], { confidence: 1 }, "confidence: expected a number"],
    ["no resamples", [recording(1, 0)], { resamples: 0 }, "resamples: expected a whole number"],
  ])("refuses %s", (_, recordings, options, message) => {
    expect(() => bootstrapErrorRate(recordings, options)).toThrow(OptionError);
    expect(() => bootstrapErrorRate(recordings, options)).toThrow(message);
  });
});
