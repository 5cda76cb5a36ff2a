import { expect, it } from "vitest";
import { seededRandom } from "../fixtures/random.ts";
import { copyBytes, instantiateWeightKernels, nibbles } from "./weight-kernels.ts";

const COLUMNS = 8;
const ACCUMULATE = 1;
/** Codes of activations of the plain build: -1023 .. 1023. */
const LARGEST_CODE = 1023;

const { heap, ...kernels } = await instantiateWeightKernels();

/** Two rows [2, inner] by codes -8 .. 7 [8, inner], every scale a power of two: all sums are whole. */
function multiply(rows: readonly number[], codes: readonly number[], accumulate: boolean) {
  const inner = rows.length / 2;
  const groups = inner / 32;
  const rowScales = [0.5, 0.25];
  const scales = whole(COLUMNS * groups, 3, -1, 1).map((x) => 2 ** x);
  const bias = whole(COLUMNS, 4, -99, 99);
  const stride = COLUMNS + 3;
  const before = whole(2 * stride, 5, -99, 99);

  const panel = heap.allocate(groups * 160);
  const bytes = copyBytes(heap, nibbles(codes, inner));
  kernels.packRowsInt4(bytes, heap.copyF32(scales), COLUMNS, inner, inner, panel);
  const rowCodes = heap.allocate(rows.length * 2);
  new Int16Array(heap.u8(rowCodes, 0).buffer, rowCodes, rows.length).set(rows);
  const prepared = heap.allocate(2 * groups * 80);
  for (const r of [0, 1]) {
    kernels.prepareRowInt4(rowCodes + r * inner * 2, inner, prepared + r * groups * 80);
  }
  const output = heap.copyF32(before);
  kernels.multiplyPanelInt4Pair(
    prepared,
    heap.copyF32(rowScales),
    panel,
    inner,
    heap.copyF32(bias),
    output,
    stride * 4,
    accumulate ? ACCUMULATE : 0,
  );

  // Between rows lies what was there.
  const expected = before.map((was, i) => {
    const [r, j] = [Math.floor(i / stride), i % stride];
    if (j >= COLUMNS) return was;
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += rows[r * inner + k]! * codes[j * inner + k]! * scales[j * groups + (k >> 5)]!;
    }
    return rowScales[r]! * sum + bias[j]! + (accumulate ? was : 0);
  });
  return { found: [...heap.f32(output, before.length)].map((x) => x + 0), expected };
}

function whole(length: number, seed: number, least: number, greatest: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => least + Math.floor(random() * (greatest - least + 1)));
}

const cases = [32, 64, 96, 384].flatMap((inner) =>
  [false, true].map((accumulate) => ({ inner, accumulate })),
);

it.each(cases)("$inner inputs, accumulate $accumulate: exact", ({ inner, accumulate }) => {
  const rows = whole(2 * inner, 1, -LARGEST_CODE, LARGEST_CODE);
  const { found, expected } = multiply(rows, whole(COLUMNS * inner, 2, -8, 7), accumulate);
  expect(found).toEqual(expected);
});

it.each([
  [LARGEST_CODE, 7],
  [LARGEST_CODE, -8],
  [-LARGEST_CODE, 7],
  [-LARGEST_CODE, -8],
])("activations of %i by codes of %i fill no sum", (value, code) => {
  const inner = 384;
  const rows = new Array(2 * inner).fill(value);
  const { found, expected } = multiply(rows, new Array(COLUMNS * inner).fill(code), true);
  expect(found).toEqual(expected);
});
