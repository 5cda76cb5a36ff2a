import { describe, expect, it } from "vitest";
import { AlignmentMatrix } from "../../src/alignment/alignment-matrix.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";

type Rows = readonly (readonly number[])[];

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** By definition, row by row; medians of three, reflected at the ends. */
function naiveCosts(heads: readonly Rows[], from: number, to: number, scale: number): number[] {
  const filtered = heads.map((scores) => {
    const weights = scores.map((row) => {
      const powers = row.map((score) => Math.exp(scale * score));
      return powers.map((power) => power / powers.reduce((a, b) => a + b));
    });
    const standard = weights.map((row) =>
      row.map((weight, position) => {
        const column = weights.map((other) => other[position]!);
        const deviation = Math.sqrt(mean(column.map((x) => (x - mean(column)) ** 2)));
        return (weight - mean(column)) / deviation;
      }),
    );
    return standard.map((row) =>
      row.map((here, i) => {
        const window = [row[i - 1] ?? row[1]!, here, row[i + 1] ?? row[row.length - 2]!];
        return window.sort((a, b) => a - b)[1]!;
      }),
    );
  });
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return rows.flatMap((row) =>
    filtered[0]![row]!.map((_, position) => -mean(filtered.map((head) => head[row]![position]!))),
  );
}

function randomHead(tokens: number, positions: number, seed: number): Rows {
  const values = randomF32(tokens * positions, seed);
  return Array.from({ length: tokens }, (_, token) => [
    ...values.subarray(token * positions, (token + 1) * positions),
  ]);
}

describe("the matrix that words are aligned by", () => {
  it.each([1, 0.5, 30])("is what its definition says, scores times %f", (scoreScale) => {
    const heads = [1, 2, 3].map((seed) => randomHead(6, 9, seed));
    const matrix = new AlignmentMatrix(6, 9, { from: 2, to: 5 }, { medianWidth: 3, scoreScale });
    for (const head of heads) matrix.add(Float32Array.from(head.flat()));
    const expected = naiveCosts(heads, 2, 5, scoreScale);
    expect(maxDifference(matrix.costs(), expected)).toBeLessThan(1e-9);
  });

  it("does not depend on a constant in a token's scores", () => {
    const head = randomHead(4, 20, 7);
    const shifted = head.map((row, token) => row.map((score) => score + 100 * token));
    const [plain, moved] = [head, shifted].map((scores) => {
      const matrix = new AlignmentMatrix(4, 20, { from: 0, to: 4 });
      matrix.add(Float32Array.from(scores.flat()));
      return matrix.costs();
    });
    expect(maxDifference(moved!, plain!)).toBeLessThan(1e-3); // float32 near 300
  });

  it("is zero where all tokens look alike", () => {
    const matrix = new AlignmentMatrix(4, 10, { from: 0, to: 4 });
    matrix.add(new Float32Array(40).fill(3));
    expect(matrix.costs().every((cost) => cost === 0)).toBe(true);
  });
});
