import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32, seededRandom } from "../fixtures/random.ts";
import { copyBytes, instantiateWeightKernels, nibbles } from "./weight-kernels.ts";

const COLUMNS = 8;
const ACCUMULATE = 1;

interface Case {
  readonly inner: number;
  /** Values of activation codes, [inner]. */
  readonly row: ArrayLike<number>;
  readonly rowScale: number;
  /** Codes -8 .. 7, [8, inner]. */
  readonly codes: ArrayLike<number>;
  /** [8, ceil(inner / 32)] */
  readonly scales: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
  readonly before: ArrayLike<number> | null;
}

/** The specification, in double precision. */
function naive({ inner, row, rowScale, codes, scales, bias, before }: Case): number[] {
  const groups = Math.ceil(inner / 32);
  return Array.from({ length: COLUMNS }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += row[k]! * codes[j * inner + k]! * scales[j * groups + (k >> 5)]!;
    }
    return sum * rowScale + (bias?.[j] ?? 0) + (before?.[j] ?? 0) + 0;
  });
}

describe("multiplyPanelInt4", async () => {
  const { heap, ...kernels } = await instantiateWeightKernels();

  function multiply({ inner, row, rowScale, codes, scales, bias, before }: Case): number[] {
    const depth = Math.ceil(inner / 32) * 32;
    const groups = depth / 32;
    const panel = heap.allocate(groups * 160);
    const bytes = copyBytes(heap, nibbles(codes, inner));
    kernels.packRowsInt4(bytes, heap.copyF32(scales), COLUMNS, inner, depth, panel);
    const rowCodes = heap.allocate(depth * 2);
    new Int16Array(heap.u8(rowCodes, 0).buffer, rowCodes, depth).fill(0).set(row);
    const prepared = heap.allocate(groups * 80);
    kernels.prepareRowInt4(rowCodes, depth, prepared);
    const output = heap.copyF32([...Array.from(before ?? new Array(COLUMNS).fill(55)), 77]);
    kernels.multiplyPanelInt4(
      prepared,
      heap.copyF32([rowScale]),
      panel,
      depth,
      bias ? heap.copyF32(bias) : 0,
      output,
      before ? ACCUMULATE : 0,
    );
    const [...found] = heap.f32(output, COLUMNS + 1);
    expect(found.pop()).toBe(77);
    return found.map((x) => x + 0);
  }

  function randomWhole(length: number, seed: number, least: number, greatest: number): number[] {
    const random = seededRandom(seed);
    const count = greatest - least + 1;
    return Array.from({ length }, () => least + Math.floor(random() * count));
  }

  const widths = [32, 1, 33, 64, 96, 100, 384, 1280];
  const additions = [
    { bias: false, accumulate: false },
    { bias: true, accumulate: false },
    { bias: false, accumulate: true },
    { bias: true, accumulate: true },
  ];
  const cases = widths.flatMap((inner) => additions.map((added) => ({ inner, ...added })));

  it.each(cases)(
    "inner $inner, bias $bias, accumulate $accumulate: exact where sums are whole",
    (shape) => {
      const { inner, bias, accumulate } = shape;
      const input = {
        inner,
        row: randomWhole(inner, 1, -127, 127),
        rowScale: 0.5,
        codes: randomWhole(COLUMNS * inner, 2, -8, 7),
        scales: randomWhole(COLUMNS * Math.ceil(inner / 32), 3, -1, 2).map((x) => 2 ** x),
        bias: bias ? randomWhole(COLUMNS, 4, -1000, 1000) : null,
        before: accumulate ? randomWhole(COLUMNS, 5, -1000, 1000) : null,
      };
      expect(multiply(input)).toEqual(naive(input));
    },
  );

  it.each([
    [127, 7],
    [127, -8],
    [-127, 7],
    [-127, -8],
  ])("activations of %i by codes of %i fill no sum", (value, code) => {
    const inner = 384;
    const input = {
      inner,
      row: new Array(inner).fill(value),
      rowScale: 1,
      codes: new Array(COLUMNS * inner).fill(code),
      scales: new Array((COLUMNS * inner) / 32).fill(1),
      bias: null,
      before: null,
    };
    expect(multiply(input)).toEqual(new Array(COLUMNS).fill(inner * value * code));
  });

  it("adds groups by scales of any size and sign", () => {
    const inner = 5120;
    const input = {
      inner,
      row: randomWhole(inner, 6, -127, 127),
      rowScale: Math.fround(0.013),
      codes: randomWhole(COLUMNS * inner, 7, -8, 7),
      scales: randomF32((COLUMNS * inner) / 32, 8).map((x) => x ** 3),
      bias: randomF32(COLUMNS, 9),
      before: randomF32(COLUMNS, 10),
    };
    // 160 sums of a few hundred each, rounded to float32.
    expect(maxDifference(multiply(input), naive(input))).toBeLessThan(1e-3);
  });
});
