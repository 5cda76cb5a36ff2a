import { describe, expect, it } from "vitest";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { copyBytes, nibbles, type Range, wholeNumbers } from "./operands.ts";
import { innerKernels, testKernels } from "./test-kernels.ts";

const { fround } = Math;

function randomCodes(length: number, seed: number, ...range: Range): Int8Array {
  return Int8Array.from(wholeNumbers(length, seed, range));
}

/** rows, inner: tails of both, and less than one panel or group */
const shapes = [
  [8, 32],
  [16, 384],
  [13, 100],
  [3, 33],
  [20, 96],
  [5, 7],
  [9, 1],
  [1, 130],
] as const;

function depthOf(inner: number): number {
  return Math.ceil(inner / 32) * 32;
}

describe("packRowsInt8", () => {
  /** [panels][depth / 4][8][4], and 64 times the sum of each row. */
  function naivePanels(codes: Int8Array, rows: number, inner: number) {
    const depth = depthOf(inner);
    const columns = Math.ceil(rows / 8) * 8;
    const panels = new Int8Array(columns * depth);
    const sums = new Int32Array(columns);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < inner; k++) {
        const code = codes[row * inner + k]!;
        panels[((row >> 3) * depth + (k & ~3)) * 8 + (row & 7) * 4 + (k & 3)] = code;
        sums[row]! += 64 * code;
      }
    }
    return { panels, sums };
  }

  it.each(shapes)("%i rows of %i", async (rows, inner) => {
    const { heap, packRowsInt8 } = await testKernels();
    const codes = randomCodes(rows * inner, 1, -127, 127);
    const expected = naivePanels(codes, rows, inner);
    const panels = copyBytes(heap, new Uint8Array(expected.panels.length + 16).fill(77));
    const sums = heap.copyI32(new Array(expected.sums.length + 1).fill(77));
    packRowsInt8(copyBytes(heap, codes), rows, inner, depthOf(inner), panels, sums);
    const found = Int8Array.from(heap.u8(panels, expected.panels.length + 16));
    expect(Array.from(found)).toEqual([...expected.panels, ...new Array(16).fill(77)]);
    expect(Array.from(heap.i32(sums, expected.sums.length + 1))).toEqual([...expected.sums, 77]);
  });

  it("packs a matrix in parts as it does the whole, the widest sums included", async () => {
    const { heap, packRowsInt8 } = await testKernels();
    const [rows, inner] = [21, 5120];
    const codes = randomCodes(rows * inner, 2, 120, 127);
    const expected = naivePanels(codes, rows, inner);
    const panels = heap.allocate(expected.panels.length);
    const sums = heap.allocate(expected.sums.length * 4);
    for (const [first, count] of [
      [16, 5],
      [0, 16],
    ] as const) {
      const part = copyBytes(heap, codes.subarray(first * inner, (first + count) * inner));
      packRowsInt8(part, count, inner, inner, panels + first * inner, sums + first * 4);
    }
    const found = Int8Array.from(heap.u8(panels, expected.panels.length));
    expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(expected.panels.buffer))).toBe(0);
    expect(Array.from(heap.i32(sums, expected.sums.length))).toEqual([...expected.sums]);
  });
});

describe("packRowsInt4", () => {
  const GROUP_BYTES = 160;

  /** Per panel and 32 inputs: [4][8][4] bytes, inputs i and i + 4 of an octet in one; 8 scales. */
  function naivePanels(codes: Int8Array, scales: Float32Array, rows: number, inner: number) {
    const groups = depthOf(inner) / 32;
    const panelCount = Math.ceil(rows / 8);
    const panels = new Uint8Array(panelCount * groups * GROUP_BYTES).fill(0x88);
    const view = new DataView(panels.buffer);
    for (let column = 0; column < panelCount * 8; column++) {
      for (let group = 0; group < groups; group++) {
        const base = ((column >> 3) * groups + group) * GROUP_BYTES;
        const scale = column < rows ? scales[column * groups + group]! : 0;
        view.setFloat32(base + 128 + (column & 7) * 4, scale, true);
        for (let k = 0; k < 32 && column < rows && group * 32 + k < inner; k++) {
          const at = base + (k >> 3) * 32 + (column & 7) * 4 + (k & 3);
          const shift = k & 4;
          const nibble = codes[column * inner + group * 32 + k]! + 8;
          panels[at] = (panels[at]! & ~(15 << shift)) | (nibble << shift);
        }
      }
    }
    return panels;
  }

  it.each(shapes)("%i rows of %i", async (rows, inner) => {
    const { heap, packRowsInt4 } = await testKernels();
    const codes = randomCodes(rows * inner, 3, -8, 7);
    const scales = randomF32((rows * depthOf(inner)) / 32, 4);
    const expected = naivePanels(codes, scales, rows, inner);
    const panels = copyBytes(heap, new Uint8Array(expected.length + 16).fill(77));
    const bytes = copyBytes(heap, nibbles(codes, inner));
    packRowsInt4(bytes, heap.copyF32(scales), rows, inner, depthOf(inner), panels);
    const found = Array.from(heap.u8(panels, expected.length + 16));
    expect(found).toEqual([...expected, ...new Array(16).fill(77)]);
  });

  it("packs a matrix in parts as it does the whole", async () => {
    const { heap, packRowsInt4 } = await testKernels();
    const [rows, inner, groups] = [19, 70, 3];
    const codes = randomCodes(rows * inner, 5, -8, 7);
    const scales = randomF32(rows * groups, 6);
    const expected = naivePanels(codes, scales, rows, inner);
    const panels = heap.allocate(expected.length);
    for (const [first, count] of [
      [8, 11],
      [0, 8],
    ] as const) {
      const end = first + count;
      const bytes = copyBytes(heap, nibbles(codes.subarray(first * inner, end * inner), inner));
      const partScales = heap.copyF32(scales.subarray(first * groups, end * groups));
      const target = panels + (first / 8) * groups * GROUP_BYTES;
      packRowsInt4(bytes, partScales, count, inner, depthOf(inner), target);
    }
    expect(Array.from(heap.u8(panels, expected.length))).toEqual([...expected]);
  });
});

describe("dequantiseRow", () => {
  it.each(shapes)("gives back every one of %i rows of %i exactly", async (rows, inner) => {
    const { heap, ...kernels } = await testKernels();
    const depth = depthOf(inner);
    const groups = depth / 32;
    const byteCodes = randomCodes(rows * inner, 7, -127, 127);
    const rowScales = randomF32(rows, 8);
    const int8 = heap.allocate(Math.ceil(rows / 8) * depth * 8);
    const sums = heap.allocate(Math.ceil(rows / 8) * 32);
    kernels.packRowsInt8(copyBytes(heap, byteCodes), rows, inner, depth, int8, sums);
    const codes = randomCodes(rows * inner, 9, -8, 7);
    const scales = randomF32(rows * groups, 10);
    const int4 = heap.allocate(Math.ceil(rows / 8) * groups * 160);
    const bytes = copyBytes(heap, nibbles(codes, inner));
    kernels.packRowsInt4(bytes, heap.copyF32(scales), rows, inner, depth, int4);

    const scalesAt = heap.copyF32(rowScales);
    const output = heap.allocateF32(inner + 1);
    const read = (panels: number, bits: number, row: number) => {
      heap.f32(output, inner + 1).fill(77);
      kernels.dequantiseRow(panels, bits === 8 ? scalesAt : 0, bits, depth, inner, row, output);
      return Array.from(heap.f32(output, inner + 1), (x) => x + 0);
    };
    for (let row = 0; row < rows; row++) {
      const of = (values: Int8Array, scale: (k: number) => number) => [
        ...Array.from(values.subarray(row * inner, (row + 1) * inner), (x, k) =>
          fround(x * scale(k) + 0),
        ),
        77,
      ];
      expect(read(int8, 8, row)).toEqual(of(byteCodes, () => rowScales[row]!));
      expect(read(int4, 4, row)).toEqual(of(codes, (k) => scales[row * groups + (k >> 5)]!));
    }
  });
});

describe("widenPanelInt4", async () => {
  const { heap, ...kernels } = await innerKernels();

  function widen(codes: Int8Array, scales: Float32Array, inner: number) {
    const depth = depthOf(inner);
    const panel = heap.allocate((depth / 32) * 160);
    const bytes = copyBytes(heap, nibbles(codes, inner));
    kernels.packRowsInt4(bytes, heap.copyF32(scales), 8, inner, depth, panel);
    const target = copyBytes(heap, new Uint8Array(depth * 8 + 16).fill(77));
    const columnScales = heap.allocateF32(8);
    const sums = heap.allocate(32);
    kernels.widenPanelInt4(panel, depth, target, columnScales, sums);
    expect(Array.from(heap.u8(target + depth * 8, 16))).toEqual(new Array(16).fill(77));
    const found = Int8Array.from(heap.u8(target, depth * 8));
    return {
      code: (column: number, k: number) => found[(k & ~3) * 8 + column * 4 + (k & 3)]!,
      columnScales: heap.f32(columnScales, 8).slice(),
      sums: Array.from(heap.i32(sums, 8)),
    };
  }

  it.each([32, 33, 96, 100, 384, 5120])("inner %i: int8 codes by one scale a column", (inner) => {
    const depth = depthOf(inner);
    const groups = depth / 32;
    const codes = randomCodes(8 * inner, 11, -8, 7);
    const scales = randomF32(8 * groups, 12);
    const { code, columnScales, sums } = widen(codes, scales, inner);
    for (let column = 0; column < 8; column++) {
      const own = scales.subarray(column * groups, (column + 1) * groups);
      const largest = Math.max(...own.map(Math.abs));
      expect(columnScales[column]).toBeCloseTo((largest * 8) / 127, 6);
      let [sum, largestError] = [0, 0];
      for (let k = 0; k < depth; k++) {
        const exact =
          k < inner ? (codes[column * inner + k]! * own[k >> 5]!) / columnScales[column]! : 0;
        largestError = Math.max(largestError, Math.abs(code(column, k) - exact));
        sum += code(column, k);
      }
      // Half a step, and 8 times the rounding of a ratio of scales to 8 bits behind the point.
      expect(largestError).toBeLessThan(0.5 + 8 / 512 + 1e-4);
      expect(sums[column]).toBe(64 * sum);
    }
  });

  it("puts the extremes at 127 and -127, of scales of either sign, and leaves zeros zero", () => {
    const codes = Int8Array.from({ length: 8 * 32 }, (_, i) => (i % 2 ? -8 : 7));
    const scales = Float32Array.of(1, -1, 1e-3, -500, 0, 6e-8, -6e-8, 0.3);
    const { code, columnScales, sums } = widen(codes, scales, 32);
    const signs = [1, -1, 1, -1, 0, 1, -1, 1];
    for (const [column, sign] of signs.entries()) {
      expect(code(column, 1) + 0).toBe(-127 * sign + 0);
      expect(code(column, 0) + 0).toBe(111 * sign + 0);
      expect(sums[column]! + 0).toBe(64 * 16 * (111 - 127) * sign + 0);
    }
    expect(columnScales[4]).toBe(0);
  });

  it("keeps 40 dB of a panel whose scales vary as those of normal noise do", () => {
    const inner = 1280;
    const codes = randomCodes(8 * inner, 13, -8, 7);
    const scales = randomF32((8 * inner) / 32, 14).map((x) => Math.sign(x) * (1 + Math.abs(x)));
    const { code, columnScales } = widen(codes, scales, inner);
    const restored: number[] = [];
    const expected: number[] = [];
    for (let column = 0; column < 8; column++) {
      for (let k = 0; k < inner; k++) {
        restored.push(code(column, k) * columnScales[column]!);
        expected.push(codes[column * inner + k]! * scales[column * (inner / 32) + (k >> 5)]!);
      }
    }
    expect(signalToNoise(restored, expected)).toBeGreaterThan(40);
  });
});
