import { describe, expect, it } from "vitest";
import { melFilters } from "../../src/features/mel-filters.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

/** One weight list a filter. */
function rows(sampleRate: number, fftLength: number, melBins: number) {
  const { runs, weights } = melFilters(sampleRate, fftLength, melBins);
  let at = 0;
  return Array.from({ length: melBins }, (_, filter) => {
    const [first, length] = [runs[2 * filter]!, runs[2 * filter + 1]!];
    at += length;
    return { first, weights: [...weights.slice(at - length, at)] };
  });
}

describeWithReference("melFilters on OpenAI's filter bank", () => {
  const banks: Record<string, { rows: { first_bin: number; weights: number[] }[] }> =
    referenceJson("mel/mel_filters.json");

  it.each(["80", "128"])("%s bins: the same runs, the same weights", (bins) => {
    const expected = banks[bins]!.rows;
    const actual = rows(16000, 400, Number(bins));
    expect(actual.map((row) => row.first)).toEqual(expected.map((row) => row.first_bin));
    for (const [filter, row] of actual.entries()) {
      expect(row.weights).toHaveLength(expected[filter]!.weights.length);
      for (const [i, weight] of row.weights.entries()) {
        expect(weight).toBeCloseTo(expected[filter]!.weights[i]!, 9);
      }
    }
  });
});

describe("melFilters", () => {
  it("covers 0 to 4000 Hz at 8 kHz, each filter beginning after the one before", () => {
    const bank = rows(8000, 256, 40);
    expect(bank[0]!.first).toBe(1);
    const last = bank.at(-1)!;
    expect(last.first + last.weights.length).toBe(128);
    for (const [filter, row] of bank.entries()) {
      expect(row.weights.length).toBeGreaterThan(0);
      expect(row.first).toBeGreaterThanOrEqual(bank[filter - 1]?.first ?? 0);
    }
  });

  it("leaves a filter empty that falls between two FFT bins", () => {
    expect(rows(16000, 64, 80).some((row) => row.weights.length === 0)).toBe(true);
  });
});
