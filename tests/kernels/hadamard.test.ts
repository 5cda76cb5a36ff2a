import { describe, expect, it } from "vitest";
import { placeSigns } from "../../src/linear/rotated-storage.ts";
import { rotationSigns } from "../../src/linear/rotation-signs.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";
import { testKernels } from "./test-kernels.ts";

const kernels = await testKernels();
const { heap } = kernels;

/** The specification of H_m: Paley's second construction with the Legendre symbol of the field. */
function paleyMatrix(q: 5 | 9): number[][] {
  const symbol = (a: number, b: number) => {
    if (a === b) return 0;
    if (q === 5) return [1, 4].includes((a - b + 5) % 5) ? 1 : -1;
    // GF(9) = {u + v i}, i^2 = -1 modulo 3, element 3 v + u; its non-zero squares are 1, -1, i, -i.
    const u = ((a % 3) - (b % 3) + 3) % 3;
    const v = (Math.floor(a / 3) - Math.floor(b / 3) + 3) % 3;
    return u === 0 || v === 0 ? 1 : -1;
  };
  const conference = (i: number, j: number) => {
    if (i === 0 || j === 0) return i === j ? 0 : 1;
    return symbol(i - 1, j - 1);
  };
  const order = 2 * (q + 1);
  return Array.from({ length: order }, (_, row) =>
    Array.from({ length: order }, (_, column) => {
      const [i, a, j, b] = [row >> 1, row & 1, column >> 1, column & 1];
      if (i === j) return a === 0 && b === 0 ? 1 : -1;
      return conference(i, j) * (a === 1 && b === 1 ? -1 : 1);
    }),
  );
}

/** H_m (x) H_2^k, entry by entry; blocks of Sylvester's matrix where n has no such m. */
function hadamardEntry(n: number): (row: number, column: number) => number {
  const power = n & -n;
  const odd = n / power;
  const sylvester = (i: number, j: number) => {
    let sign = 1;
    for (let bits = i & j; bits > 0; bits >>= 1) if (bits & 1) sign = -sign;
    return sign;
  };
  if (power < 4 || (odd !== 3 && odd !== 5)) {
    return (row, column) =>
      Math.floor(row / power) === Math.floor(column / power)
        ? sylvester(row % power, column % power)
        : 0;
  }
  const mixing = paleyMatrix(odd === 3 ? 5 : 9);
  const block = power / 4;
  return (row, column) =>
    mixing[Math.floor(row / block)]![Math.floor(column / block)]! *
    sylvester(row % block, column % block);
}

function hadamard(rows: Float32Array, n: number): Float32Array {
  const mark = heap.mark();
  const data = heap.copyF32(rows);
  kernels.hadamardRowsF32(data, rows.length / n, n);
  const result = heap.f32(data, rows.length).slice();
  heap.release(mark);
  return result;
}

const kronecker = [12, 20, 24, 40, 48, 80, 96, 160, 192, 384];
const blockDiagonal = [1, 2, 3, 6, 7, 10, 15, 28, 36, 72, 144, 288, 512];
/** Widths of tiny, base, small, medium, large, of their feed-forwards, and of turbo's kin. */
const whisper = [192, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 3072, 4096, 5120];

describe("hadamardRowsF32", () => {
  it.each([...kronecker, ...blockDiagonal])("n = %i: every entry of the matrix", (n) => {
    const identity = Float32Array.from({ length: n * n }, (_, i) =>
      Math.floor(i / n) === i % n ? 1 : 0,
    );
    const entry = hadamardEntry(n);
    const raw = Float32Array.from({ length: n * n }, (_, i) => entry(Math.floor(i / n), i % n));
    // A row of the matrix has as many entries as it has length, squared.
    const scale = 1 / Math.sqrt(raw.slice(0, n).filter((x) => x !== 0).length);
    expect(
      maxDifference(
        hadamard(identity, n),
        raw.map((x) => x * scale),
      ),
    ).toBeLessThan(1e-7);
  });

  it.each([...whisper, 288, 36, 7])("n = %i: orthonormal, its own inverse, rows apart", (n) => {
    const rows = randomF32(3 * n, n);
    const transformed = hadamard(rows, n);
    expect(maxDifference(hadamard(transformed, n), rows)).toBeLessThan(2e-6);
    expect(norm(transformed) / norm(rows)).toBeCloseTo(1, 6);
    expect(hadamard(rows.slice(n, 2 * n), n)).toEqual(transformed.slice(n, 2 * n));
  });

  it("mixes all of a row: no output of width 384 or 1280 misses an input", () => {
    for (const n of [384, 1280]) {
      const unit = new Float32Array(n);
      unit[n - 5] = 1;
      const column = hadamard(unit, n);
      const spread = column.map((x) => Math.abs(x) * Math.sqrt(n));
      expect(maxDifference(spread, new Float32Array(n).fill(1))).toBeLessThan(1e-6);
    }
  });
});

describe("rotateRowsF32", () => {
  function turn(rows: Float32Array, n: number, turning: "rotateRowsF32" | "unrotateRowsF32") {
    const mark = heap.mark();
    const data = heap.copyF32(rows);
    kernels[turning](data, rows.length / n, n, placeSigns(kernels, n));
    const result = heap.f32(data, rows.length).slice();
    heap.release(mark);
    return result;
  }

  it.each([...kronecker, ...blockDiagonal, ...whisper])("n = %i: H of x with its signs", (n) => {
    const rows = randomF32(3 * n, n);
    const signs = rotationSigns(n);
    const signed = rows.map((x, i) => (signs[i % n] === 0 ? x : -x));
    expect(turn(rows, n, "rotateRowsF32")).toEqual(hadamard(signed, n));
    const back = turn(turn(rows, n, "rotateRowsF32"), n, "unrotateRowsF32");
    expect(maxDifference(back, rows)).toBeLessThan(2e-6);
  });
});

describe("rotationSigns", () => {
  it("is fixed, the same for every width, and of no order", () => {
    const signs = rotationSigns(5120);
    expect(rotationSigns(384)).toEqual(signs.slice(0, 384));
    // murmur3's finaliser of 1 .. 8: 514e28b7, 30f4c306, 85f0b427, 249cb285, cc0d53cd, ...
    expect([...signs.slice(0, 5)].map((sign) => sign !== 0)).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
    for (const n of [384, 512, 768, 1280, 1536, 5120]) {
      const values = new Float32Array(n).fill(1);
      const mean = hadamard(
        values.map((x, i) => (signs[i] === 0 ? x : -x)),
        n,
      );
      // A constant row is spread over all coefficients: none is far beyond normal ones.
      expect(Math.max(...mean.map(Math.abs))).toBeLessThan(4.5);
    }
  });
});

describeWithReference("hadamardRowsF32 on the reference", () => {
  const cases: { n: number; offset: number; l2: number }[] =
    referenceJson("wht/wht.json").kronecker;
  const inputs = referenceF32("wht/kronecker_inputs.f32");

  it.each(cases)("n = $n keeps the norm and inverts itself", ({ n, offset, l2 }) => {
    const input = inputs.slice(offset, offset + n);
    const output = hadamard(input, n);
    expect(norm(output) / l2).toBeCloseTo(1, 6);
    expect(maxDifference(hadamard(output, n), input)).toBeLessThan(5e-6);
  });
});

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}
