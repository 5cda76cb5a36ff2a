import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";
import { testKernels } from "./test-kernels.ts";

const kernels = await testKernels();
const { heap } = kernels;

/** The specification: entry (i, j) of Sylvester's matrix is -1 to the number of bits i and j share. */
function naiveFwht(row: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: row.length }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += sharedBits(i, j) % 2 ? -row[j]! : row[j]!;
    return sum;
  });
}

function sharedBits(i: number, j: number): number {
  let count = 0;
  for (let bits = i & j; bits > 0; bits >>= 1) count += bits & 1;
  return count;
}

function fwht(rows: Float32Array, n: number, scale: number): Float32Array {
  const mark = heap.mark();
  const data = heap.copyF32(rows);
  kernels.fwhtRowsF32(data, rows.length / n, n, scale);
  const result = heap.f32(data, rows.length).slice();
  heap.release(mark);
  return result;
}

const sizes = Array.from({ length: 15 }, (_, k) => 2 ** k);

describe("fwhtRowsF32", () => {
  // Whole numbers this small stay exact in float32, so any wrong sign or place shows.
  it.each(sizes.slice(0, 12))("n = %i equals Sylvester's matrix exactly", (n) => {
    const row = randomF32(n, n).map((x) => Math.round(x * 100));
    expect(fwht(row, n, 1)).toEqual(Float32Array.from(naiveFwht(row)));
  });

  it.each(sizes)("n = %i, orthonormal: its own inverse, rows apart", (n) => {
    const rows = randomF32(3 * n, n);
    const scale = 1 / Math.sqrt(n);
    const transformed = fwht(rows, n, scale);
    expect(maxDifference(fwht(transformed, n, scale), rows)).toBeLessThan(2e-6);
    expect(fwht(rows.slice(n, 2 * n), n, scale)).toEqual(transformed.slice(n, 2 * n));
  });

  it("leaves memory beyond its rows alone", () => {
    for (const n of [1, 2, 4, 8, 16, 32, 64, 512]) {
      const mark = heap.mark();
      const data = heap.copyF32(new Float32Array(3 * n).fill(7));
      kernels.fwhtRowsF32(data + 4 * n, 1, n, 1);
      const all = heap.f32(data, 3 * n);
      expect([...all.slice(0, n), ...all.slice(2 * n)]).toEqual(Array(2 * n).fill(7));
      heap.release(mark);
    }
  });
});

describeWithReference("fwhtRowsF32 on the reference", () => {
  const cases: { n: number; offset: number }[] = referenceJson("wht/wht.json").wht;
  const inputs = referenceF32("wht/wht_inputs.f32");
  const outputs = referenceF32("wht/wht_outputs.f32");

  it.each(cases)("n = $n within 1e-6 of the largest output", ({ n, offset }) => {
    const input = inputs.slice(offset, offset + n);
    const expected = outputs.slice(offset, offset + n);
    const largest = Math.max(...expected.map(Math.abs));
    expect(maxDifference(fwht(input, n, 1), expected) / largest).toBeLessThan(1e-6);
    const orthonormal = expected.map((x) => x / Math.sqrt(n));
    expect(
      (maxDifference(fwht(input, n, 1 / Math.sqrt(n)), orthonormal) * Math.sqrt(n)) / largest,
    ).toBeLessThan(1e-6);
  });
});
