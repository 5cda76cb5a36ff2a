import { describe, expect, it } from "vitest";
import {
  CONTEXTS,
  codeFrequencies,
  codeShapes,
  contextDeviations,
  contextShift,
  SYMBOLS,
  symbolProbabilities,
  TABLE_BITS,
} from "../../src/checkpoint/code-frequencies.ts";
import { crc32 } from "../../src/checkpoint/crc32.ts";

describe.each(codeShapes)("tables of the shape %s", (shape) => {
  const frequencies = codeFrequencies(shape);
  const tables = contextDeviations.map((deviation, context) => ({
    deviation,
    table: frequencies.subarray(context * SYMBOLS, (context + 1) * SYMBOLS),
  }));

  it("fill all slots, and none of them alone", () => {
    for (const { table } of tables) {
      expect(table.reduce((sum, frequency) => sum + frequency, 0)).toBe(2 ** TABLE_BITS);
      // The kernels have TABLE_BITS for a frequency.
      expect(Math.max(...table)).toBeLessThan(2 ** TABLE_BITS);
      expect(table[0]).toBe(0);
    }
  });

  it("hold all symbols from the middle to their reach; the widest all there are", () => {
    for (const { table, deviation } of tables) {
      const held = Array.from(table.keys()).filter((at) => table[at]! > 0);
      const reach = Math.max(...held) - 128;
      expect(held).toEqual(Array.from({ length: 2 * reach + 1 }, (_, i) => 128 - reach + i));
      expect(reach).toBeGreaterThanOrEqual(Math.min(127, 4 * deviation));
    }
    expect(tables.at(-1)!.table.filter((frequency) => frequency > 0)).toHaveLength(255);
  });

  it("hold every symbol of every multiplier in the widest class", () => {
    for (let multiplier = 1; multiplier <= 127; multiplier++) {
      const { table } = tables[CONTEXTS - 1 - contextShift(multiplier)]!;
      const most = Math.floor(127 / multiplier);
      expect(table[128 + most], String(multiplier)).toBeGreaterThan(0);
      expect(table[128 - most], String(multiplier)).toBeGreaterThan(0);
    }
  });

  it("cost less than .04 bits over the entropy, up to a deviation of 8 symbols", () => {
    for (const { table, deviation } of tables) {
      if (deviation > 8.1) break;
      let excess = 0;
      for (const [at, probability] of symbolProbabilities(shape, deviation).entries()) {
        if (probability === 0) continue;
        excess += probability * (Math.log2(probability) - Math.log2(table[at]! / 2 ** TABLE_BITS));
      }
      expect(excess, String(deviation)).toBeLessThan(0.04);
    }
  });
});

describe("probabilities", () => {
  it("are those of a normal distribution", () => {
    // Of (-0.5, 0.5), (0.5, 1.5), (2.5, 3.5): tables of the normal distribution.
    const normal = symbolProbabilities("normal", 1);
    expect(normal[128]).toBeCloseTo(0.382924922548, 10);
    expect(normal[129]).toBeCloseTo(0.241730337457, 10);
    expect(normal[125]).toBeCloseTo(0.005977036247, 10);
  });

  it("are those of Laplace's distribution", () => {
    const b = 3 / Math.SQRT2;
    const laplace = symbolProbabilities("laplace", 3);
    expect(laplace[128]).toBeCloseTo(1 - Math.exp(-0.5 / b), 12);
    const expected = (Math.exp(-4.5 / b) - Math.exp(-5.5 / b)) / 2;
    expect(laplace[133]).toBeCloseTo(expected, 12);
    expect(laplace[123]).toBeCloseTo(expected, 12);
  });
});

it("builds the tables that coded files were made with", () => {
  // A change of any frequency makes every coded file unreadable: it asks for another CODED_FORMAT.
  const digest = (shape: (typeof codeShapes)[number]) =>
    crc32(new Uint8Array(codeFrequencies(shape).buffer)).toString(16);
  expect(codeShapes.map(digest)).toEqual(["2d900757", "1a4ab06c"]);
});

it("shifts contexts by four for each octave of a multiplier, rounded", () => {
  for (let multiplier = 1; multiplier <= 127; multiplier++) {
    expect(contextShift(multiplier)).toBe(Math.round(4 * Math.log2(multiplier)));
  }
});
