import { describe, expect, it } from "vitest";
import { warp } from "../../src/alignment/dtw.ts";
import { seededRandom } from "../fixtures/random.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";

function path(costs: readonly (readonly number[])[]): [number, number][] {
  const { rows, columns } = warp(Float64Array.from(costs.flat()), costs.length, costs[0]!.length);
  return Array.from(rows, (row, i) => [row, columns[i]!]);
}

/** The least sum of costs of any way from corner to corner. */
function leastCost(costs: readonly (readonly number[])[], row: number, column: number): number {
  const here = costs[row]![column]!;
  if (row === 0 && column === 0) return here;
  const ways = [
    [row - 1, column - 1],
    [row - 1, column],
    [row, column - 1],
  ] as const;
  const before = ways.filter(([r, c]) => r >= 0 && c >= 0);
  return here + Math.min(...before.map(([r, c]) => leastCost(costs, r, c)));
}

describe("the cheapest way through costs", () => {
  it("is a single step where there is one cell", () => {
    expect(path([[3]])).toEqual([[0, 0]]);
  });

  it("goes straight along a single row or column", () => {
    const straight = [0, 1, 2].map((column) => [0, column]);
    expect(path([[5, -2, 9]])).toEqual(straight);
    expect(path([[5], [-2], [9]])).toEqual(straight.map(([row, column]) => [column, row]));
  });

  it("takes the next column where nothing is strictly cheaper", () => {
    // All sums are zero: from the last cell to the left, along the first column up.
    const zeros = [0, 0, 0].map(() => [0, 0, 0]);
    expect(path(zeros)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
  });

  it("goes diagonally where that is cheaper", () => {
    const costs = [
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ];
    expect(path(costs)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it("costs the least of all, steps to neighbours only, and ends in the corner", () => {
    const random = seededRandom(11);
    for (let trial = 0; trial < 50; trial++) {
      const [rows, columns] = [1 + Math.floor(random() * 5), 1 + Math.floor(random() * 6)];
      const costs = Array.from({ length: rows }, () => {
        return Array.from({ length: columns }, () => random() * 2 - 1);
      });
      const steps = path(costs);
      expect(steps[0]).toEqual([0, 0]);
      expect(steps.at(-1)).toEqual([rows - 1, columns - 1]);
      for (const [i, [row, column]] of steps.slice(1).entries()) {
        const [down, right] = [row - steps[i]![0], column - steps[i]![1]];
        expect([down, right].every((step) => step === 0 || step === 1)).toBe(true);
        expect(down + right).toBeGreaterThan(0);
      }
      const sum = steps.reduce((total, [row, column]) => total + costs[row]![column]!, 0);
      expect(sum).toBeCloseTo(leastCost(costs, rows - 1, columns - 1), 12);
    }
  });
});

describeWithReference("dynamic time warping against OpenAI's", () => {
  const inputs = referenceF32("timing/dtw_inputs.f32");
  interface Case {
    readonly shape: [number, number];
    readonly offset: number;
    readonly text_indices: number[];
    readonly time_indices: number[];
  }
  const cases: Case[] = referenceJson("timing/dtw.json").cases;

  it.each(cases)("shape $shape at $offset", ({ shape, offset, text_indices, time_indices }) => {
    const [rows, columns] = shape;
    const costs = Float64Array.from(inputs.subarray(offset, offset + rows * columns));
    const found = warp(costs, rows, columns);
    expect([...found.rows]).toEqual(text_indices);
    expect([...found.columns]).toEqual(time_indices);
  });
});
