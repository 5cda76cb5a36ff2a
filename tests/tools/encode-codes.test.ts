import { describe, expect, it } from "vitest";
import { CONTEXTS, contextShift } from "../../src/checkpoint/code-frequencies.ts";
import { crc32 } from "../../src/checkpoint/crc32.ts";
import { bitsPerCode, chooseClass, rowBits, symbolCosts } from "../../tools/recast/code-costs.ts";
import { encodeCodes } from "../../tools/recast/encode-codes.ts";
import { type CodedMatrix, normalCodes } from "../fixtures/normal-codes.ts";
import { seededRandom } from "../fixtures/random.ts";

function bitsOf({ codes, rows, columns, multipliers }: CodedMatrix): number {
  return (8 * encodeCodes(codes, rows, columns, multipliers).length) / codes.length;
}

/**
 * -log2 of the probability that normal noise of the deviations it was drawn with has these codes, per
 * code: what a coder would need that knew them to the last digit.
 */
function idealBits(
  { codes, columns, multipliers }: CodedMatrix,
  deviation: (row: number) => number,
): number {
  let bits = 0;
  for (const [at, code] of codes.entries()) {
    const multiplier = multipliers[at % columns]!;
    const width = deviation(Math.floor(at / columns)) / multiplier;
    const symbol = Math.abs(code / multiplier);
    const most = Math.floor(127 / multiplier);
    // All that is beyond the last symbol became that one.
    const upper = symbol === most ? 1 : normalIntegral((symbol + 0.5) / width);
    bits -= Math.log2(upper - normalIntegral((symbol - 0.5) / width));
  }
  return bits / codes.length;
}

/** The normal density's integral from -infinity; by Simpson's rule. */
function normalIntegral(x: number): number {
  const steps = 64;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 ? 4 : 2;
    sum += weight * Math.exp(-(((x * i) / steps) ** 2) / 2);
  }
  return 0.5 + (sum * x) / steps / 3 / Math.sqrt(2 * Math.PI);
}

describe("encodeCodes comes within .03 bits a code of the ideal", () => {
  const multipliers = {
    "all 1": () => 1,
    "1 .. 12": (column: number) => 1 + ((column * 7) % 12),
  };
  const deviations = [0.3, 0.6, 1, 2, 3.5, 5, 8, 14, 30];

  it.each(deviations)("rows with deviations around %f", (middle) => {
    const deviation = (row: number) => middle * 2 ** (((row * 37) % 64) / 64 - 0.5);
    for (const multiplier of Object.values(multipliers)) {
      const matrix = normalCodes([512, 384], 1, deviation, multiplier);
      const ideal = idealBits(matrix, deviation);
      expect(bitsOf(matrix)).toBeLessThan(ideal + 0.03);
    }
  });

  it.each(Object.entries(multipliers))(
    "deviations of .3 to 30, multipliers %s",
    (_, multiplier) => {
      const deviation = (row: number) => 0.3 * 100 ** (((row * 37) % 128) / 127);
      const matrix = normalCodes([512, 512], 2, deviation, multiplier);
      const ideal = idealBits(matrix, deviation);
      expect(bitsOf(matrix)).toBeLessThan(ideal + 0.03);
    },
  );
});

it("takes the other shape for codes with heavy tails", () => {
  const random = seededRandom(3);
  const laplace = () => Math.sign(random() - 0.5) * Math.log(1 - random()) * 2;
  const codes = Int8Array.from({ length: 64 * 512 }, () => Math.round(laplace()));
  const matrix = { rows: 64, columns: 512, codes, multipliers: new Uint8Array(512).fill(1) };
  const { bits } = entropyOf(codes);
  expect(bitsOf(matrix)).toBeLessThan(bits + 0.04);
  // Laplace's distribution of scale b has a deviation of b times the root of 2.
  expect(Math.abs(bitsOf(matrix) - bitsPerCode(2 * Math.SQRT2, "laplace"))).toBeLessThan(0.04);
});

function entropyOf(codes: Int8Array) {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / codes.length) * Math.log2(count / codes.length);
  return { bits };
}

describe("chooseClass", () => {
  const costs = symbolCosts("normal");

  it.each([
    ["normal noise", (random: () => number) => (random() + random() + random() - 1.5) * 20],
    ["few large ones", (random: () => number) => (random() < 0.02 ? 90 : random() * 3 - 1)],
    ["two sizes", (random: () => number) => (random() < 0.5 ? 40 : 1) * (random() - 0.5)],
    ["flat", (random: () => number) => random() * 254 - 127],
  ])("finds the class of the fewest bits: %s", (_, draw) => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const shifts = Uint8Array.from({ length: 200 }, (_, i) =>
        contextShift(1 + (seed % 3) * (i % 2)),
      );
      const symbols = Int8Array.from(shifts, () => Math.round(draw(random)));
      const bits = Array.from({ length: CONTEXTS }, (_, rowClass) =>
        rowBits(symbols, shifts, costs, rowClass),
      );
      const found = chooseClass(symbols, shifts, costs);
      expect(bits[found]).toBe(Math.min(...bits));
    }
  });
});

describe("bitsPerCode", () => {
  it("estimates what codes take", () => {
    for (const deviation of [0.2, 0.4, 0.9, 2.2, 5, 11]) {
      const matrix = normalCodes([128, 768], 4, () => deviation);
      expect(Math.abs(bitsOf(matrix) - bitsPerCode(deviation))).toBeLessThan(0.015);
    }
  });

  it("grows with the deviation, without end points that surprise", () => {
    let last = bitsPerCode(0);
    expect(last).toBeLessThan(0.02);
    for (let deviation = 0.1; deviation < 40; deviation *= 1.01) {
      const bits = bitsPerCode(deviation);
      expect(bits).toBeGreaterThanOrEqual(last);
      last = bits;
    }
    expect(Number.isFinite(bitsPerCode(1e6))).toBe(true);
  });
});

it("makes the same bytes everywhere", () => {
  const codes = Int8Array.from({ length: 32 * 100 }, (_, at) => ((at * at * 31) % 41) - 20);
  const multipliers = new Uint8Array(100).fill(1);
  expect(crc32(encodeCodes(codes, 32, 100, multipliers)).toString(16)).toBe("509aa38e");
});

it.each([
  ["codes of another number", new Int8Array(15), Uint8Array.of(1, 1, 1, 1)],
  ["multipliers of another number", new Int8Array(16), Uint8Array.of(1, 1, 1)],
  ["a multiplier of 0", new Int8Array(16), Uint8Array.of(1, 1, 1, 0)],
  ["a multiplier of 128", new Int8Array(16), Uint8Array.of(1, 1, 1, 128)],
  ["-128", new Int8Array(16).fill(-128), Uint8Array.of(1, 1, 1, 1)],
  ["no multiple of its multiplier", new Int8Array(16).fill(3), Uint8Array.of(1, 1, 2, 1)],
])("refuses %s", (_, codes, multipliers) => {
  expect(() => encodeCodes(codes, 4, 4, multipliers)).toThrow(RangeError);
});
