// The int8 and int4 micro-kernels against integer arithmetic: what is whole must be exact.

import { beforeAll, describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { copyBytes, extremeNumbers, nibbles, type Range, wholeNumbers } from "./operands.ts";
import { codeFormats, roundActivations } from "./rounding.ts";
import { build, eitherLoops, innerKernels } from "./test-kernels.ts";

const COLUMNS = 8;
const ACCUMULATE = 1;
const { fround } = Math;
const { bytes, offset, largest, largestProbability } = codeFormats[build];

const kernels = await innerKernels();
const { heap } = kernels;

/** Values of activations, or of probabilities, in the memory of kernels. */
function copyCodes(values: ArrayLike<number>, added = offset): number {
  const pointer = heap.allocate(values.length * bytes);
  codesAt(pointer, values.length).set(Array.from(values, (value) => value + added));
  return pointer;
}

function codesAt(pointer: number, length: number): Uint8Array | Int16Array {
  const view = heap.u8(pointer, length * bytes);
  return bytes === 1 ? view : new Int16Array(view.buffer, pointer, length);
}

/** What `run` gives of memory that is free again afterwards. */
function released<Result>(run: () => Result): Result {
  const mark = heap.mark();
  const result = run();
  heap.release(mark);
  return result;
}

describe("quantiseRow", () => {
  const rows = [1, 3, 15, 16, 17, 31, 33, 100, 1280].flatMap((inner, seed) => [
    randomF32(inner, seed).map((x) => x ** 3 * 10),
    // Halves between two codes, among them ties of either direction.
    randomF32(inner, seed).map((x, i) => (i === 0 ? largest : Math.round(x * 125) / 2)),
    new Float32Array(inner),
    new Float32Array(inner).fill(-1e-40),
    new Float32Array(inner).fill(-7),
  ]);

  it("rounds to nearest, ties to even, with zeros behind the row", () => {
    for (const row of rows) {
      const depth = Math.ceil(row.length / 32) * 32;
      const expected = roundActivations(build, row);
      const codes = new Array(depth).fill(offset);
      for (const [i, code] of expected.codes.entries()) codes[i] = code + offset;
      const target = copyCodes(new Array(depth).fill(1));
      const scale = kernels.quantiseRow(heap.copyF32(row), row.length, depth, target);
      expect(Array.from(codesAt(target, depth))).toEqual(codes.map((code) => code + 0));
      expect(scale).toBe(expected.scale);
    }
  });
});

/** What operands are filled with. */
interface Operands {
  /** Of activations. */
  readonly values: Range;
  readonly weights: Range;
  /** Probabilities: codes without offset. */
  readonly unsigned?: boolean;
}

/** Everything between the ends, then what sums up to most. */
function operandsOf(values: Range, weights: Range): Operands[] {
  const ends = (range: Range) => [...new Set(range)].map((end) => [end, end] as const);
  const extremes = ends(values).flatMap((value) =>
    ends(weights).map((weight) => ({ values: value, weights: weight })),
  );
  return [{ values, weights }, ...extremes];
}

const int8 = [
  ...operandsOf([-largest, largest], [-127, 127]),
  ...operandsOf([0, largestProbability], [-127, 127]).map((one) => ({ ...one, unsigned: true })),
];
const int8Rows = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 23];
const int8Depths = [4, 8, 12, 16, 20, 32, 96, 384, 1280, 5120];
const int4Depths = [32, 64, 96, 128, 384, 1280, 5120];

describe.each(eitherLoops)("products by loops %s", (loops) => {
  beforeAll(() => kernels.chooseDot(loops === "two steps"));

  it.each(int8)("of int8 are exact: %j", (operands) => {
    for (const depth of int8Depths) {
      // Blocks of probabilities are short enough for sums in int32.
      if (operands.values[1] * 127 * depth >= 2 ** 31) continue;
      for (const [i, rows] of int8Rows.entries()) {
        const { found, expected } = released(() =>
          multiplyInt8(operands, rows, depth, i % 2 === 0, i % 3 === 0),
        );
        expect(found, `${rows} rows of ${depth}`).toEqual(expected);
      }
    }
  });

  // Sums are whole numbers of float32 as well.
  const largestOf = (depth: number) => (depth <= 384 ? largest : Math.min(largest, 127));
  const int4 = int4Depths.flatMap((depth) =>
    operandsOf([-largestOf(depth), largestOf(depth)], [-8, 7]).map((one) => ({ depth, ...one })),
  );
  it.each(int4)("of int4 are exact: %j", ({ depth, ...operands }) => {
    for (const rows of [1, 2] as const) {
      for (const accumulate of [false, true]) {
        for (const hasBias of [false, true]) {
          const { found, expected } = released(() =>
            multiplyInt4(wholeInt4(operands, rows, depth, hasBias, accumulate)),
          );
          expect(found, `${rows} rows, ${hasBias}, ${accumulate}`).toEqual(expected);
        }
      }
    }
  });

  it.each([1, 33, 100])("of int4 are exact, %i inputs and zeros behind them", (inner) => {
    const operands = { values: [-largest, largest], weights: [-8, 7] } as const;
    const { found, expected } = multiplyInt4(wholeInt4(operands, 1, inner, true, true));
    expect(found).toEqual(expected);
  });

  it("of int4 add groups by scales of any size and sign", () => {
    const inner = 5120;
    const most = Math.min(largest, 127);
    const { found, expected } = multiplyInt4({
      rows: 1,
      inner,
      codes: wholeNumbers(inner, 6, [-most, most]),
      rowScales: [fround(0.013)],
      weights: wholeNumbers(COLUMNS * inner, 7, [-8, 7]),
      scales: randomF32((COLUMNS * inner) / 32, 8).map((x) => x ** 3),
      bias: randomF32(COLUMNS, 9),
      before: randomF32(COLUMNS + 3, 10),
      accumulate: true,
    });
    // 160 sums of a few hundred each, rounded to float32.
    expect(maxDifference(found, expected)).toBeLessThan(1e-3);
  });
});

/** multiplyPanel with and without scales, bias, and what was there. */
function multiplyInt8(
  { values, weights, unsigned = false }: Operands,
  rows: number,
  depth: number,
  hasScales: boolean,
  accumulate: boolean,
) {
  const codes = extremeNumbers(rows * depth, rows + depth, values);
  const columns = extremeNumbers(COLUMNS * depth, rows * depth, weights);
  const rowScales = randomF32(rows, 3);
  const columnScales = hasScales ? randomF32(COLUMNS, 4) : null;
  const bias = hasScales ? randomF32(COLUMNS, 5) : null;
  const stride = COLUMNS + 3;
  const before = randomF32(rows * stride, 6);

  // Beside a row lie other codes, which must not matter.
  const codeStride = depth + 4;
  const laid = new Array(rows * codeStride).fill(35);
  for (const [i, code] of codes.entries()) {
    laid[Math.floor(i / depth) * codeStride + (i % depth)] = code;
  }
  const panel = heap.allocate(COLUMNS * depth);
  const sums = heap.allocate(COLUMNS * 4);
  const source = copyBytes(heap, Uint8Array.from(columns));
  kernels.packRowsInt8(source, COLUMNS, depth, depth, panel, sums);
  const output = heap.copyF32(before);
  const product = heap.copyI32([
    copyCodes(laid, unsigned ? 0 : offset),
    codeStride * bytes,
    heap.copyF32(rowScales),
    rows,
    panel,
    depth,
    unsigned ? 0 : sums,
    columnScales === null ? 0 : heap.copyF32(columnScales),
    bias === null ? 0 : heap.copyF32(bias),
    output,
    stride * 4,
    accumulate ? ACCUMULATE : 0,
    heap.allocate(depth * 16),
  ]);
  kernels.multiplyPanel(product);

  const expected = before.slice();
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < COLUMNS; j++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += codes[r * depth + k]! * columns[j * depth + k]!;
      // float32 at every step, in the kernel's order.
      const scale =
        columnScales === null ? rowScales[r]! : fround(rowScales[r]! * columnScales[j]!);
      let y = fround(fround(sum) * scale);
      if (bias !== null) y = fround(y + bias[j]!);
      if (accumulate) y = fround(y + before[r * stride + j]!);
      expected[r * stride + j] = y;
    }
  }
  return { found: heap.f32(output, expected.length).slice(), expected };
}

interface Int4Case {
  readonly rows: 1 | 2;
  readonly inner: number;
  /** Values of activations, [rows, inner]. */
  readonly codes: readonly number[];
  readonly rowScales: readonly number[];
  /** -8 .. 7, [8, inner] */
  readonly weights: readonly number[];
  /** [8, ceil(inner / 32)] */
  readonly scales: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
  /** Of the output: 8 columns a row, and what lies beside them. */
  readonly before: ArrayLike<number>;
  readonly accumulate: boolean;
}

/** Every scale a power of two: all sums are whole. */
function wholeInt4(
  { values, weights }: Operands,
  rows: 1 | 2,
  inner: number,
  hasBias: boolean,
  accumulate: boolean,
): Int4Case {
  const scaleCount = COLUMNS * Math.ceil(inner / 32);
  return {
    rows,
    inner,
    codes: extremeNumbers(rows * inner, inner, values),
    rowScales: [0.5, 0.25].slice(0, rows),
    weights: extremeNumbers(COLUMNS * inner, inner + 1, weights),
    scales: wholeNumbers(scaleCount, 3, [-1, 1]).map((x) => 2 ** x),
    bias: hasBias ? wholeNumbers(COLUMNS, 4, [-99, 99]) : null,
    before: wholeNumbers(rows * (COLUMNS + 3), 5, [-99, 99]),
    accumulate,
  };
}

/** Single rows have loops of their own, and so have two. */
function multiplyInt4(one: Int4Case) {
  const { rows, inner, codes, rowScales, weights, scales, bias, before, accumulate } = one;
  const groups = Math.ceil(inner / 32);
  const depth = groups * 32;
  const stride = before.length / rows;
  const panel = heap.allocate(groups * 160);
  const source = copyBytes(heap, nibbles(weights, inner));
  kernels.packRowsInt4(source, heap.copyF32(scales), COLUMNS, inner, depth, panel);
  const preparedBytes = groups * (32 * bytes + 16);
  const prepared = heap.allocate(rows * preparedBytes);
  for (let r = 0; r < rows; r++) {
    const row = new Array(depth).fill(0);
    for (let k = 0; k < inner; k++) row[k] = codes[r * inner + k];
    kernels.prepareRowInt4(copyCodes(row), depth, prepared + r * preparedBytes);
  }
  const output = heap.copyF32(before);
  const product = heap.copyI32([
    prepared,
    preparedBytes,
    heap.copyF32(rowScales),
    rows,
    panel,
    depth,
    0,
    0,
    bias === null ? 0 : heap.copyF32(bias),
    output,
    stride * 4,
    accumulate ? ACCUMULATE : 0,
    0,
  ]);
  kernels.multiplyPanelInt4(product);

  const expected = Array.from(before, (was, i) => {
    const [r, j] = [Math.floor(i / stride), i % stride];
    if (j >= COLUMNS) return was;
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += codes[r * inner + k]! * weights[j * inner + k]! * scales[j * groups + (k >> 5)]!;
    }
    return rowScales[r]! * sum + (bias?.[j] ?? 0) + (accumulate ? was : 0);
  });
  return { found: Array.from(heap.f32(output, before.length), (x) => x + 0), expected };
}
