import type { Kernels } from "../kernels/kernels.ts";
import type { WeightsKind } from "../options/options.ts";
import { rotationSigns } from "./rotation-signs.ts";

export type RotatedBits = 8 | 4;

/** Inputs that share a scale in int4 weights. */
export const INT4_GROUP = 32;
/** A 4-bit panel's bytes for a group, and where in them its 8 scales begin (assembly/linear/pack-weights.ts). */
const GROUP_BYTES = 160;
const GROUP_SCALES = 128;

/**
 * Room in kernel memory for a matrix R [columns, inner] in the Hadamard domain, in int8 or int4
 * panels of 8 columns (a column is an output, a row of R). Filled row by row, from float values or
 * from codes, each time from a multiple of 8 rows on.
 */
export class RotatedStorage {
  readonly inner: number;
  readonly columns: number;
  readonly bits: RotatedBits;
  /** The struct that kernels read (assembly/linear/rotated-linear.ts). */
  readonly pointer: number;
  /** D, U32 [inner]. */
  readonly signs: number;
  readonly #kernels: Kernels;
  readonly #depth: number;
  readonly #panels: number;
  readonly #scales: number;
  readonly #sums: number;

  /**
   * @param bias F32 [columns] in kernel memory, 0 for none
   * @param signs rotationSigns(inner) in kernel memory, where other layers have them already
   */
  constructor(
    kernels: Kernels,
    shape: { inner: number; columns: number },
    bits: RotatedBits,
    bias: number,
    signs?: number,
  ) {
    const { heap } = kernels;
    this.#kernels = kernels;
    this.signs = signs ?? placeSigns(kernels, shape.inner);
    this.inner = shape.inner;
    this.columns = shape.columns;
    this.bits = bits;
    this.#depth = Math.ceil(shape.inner / 32) * 32;
    const panelCount = Math.ceil(shape.columns / 8);
    this.#panels = heap.allocate(panelCount * this.#panelBytes);
    this.#scales = bits === 8 ? heap.allocateF32(panelCount * 8) : 0;
    this.#sums = bits === 8 ? heap.allocate(panelCount * 32) : 0;
    this.pointer = heap.copyI32([
      shape.inner,
      this.#depth,
      shape.columns,
      this.#panels,
      this.#scales,
      this.#sums,
      bias,
      bits,
      this.signs,
    ]);
  }

  /** Rotates and rounds `rows` rows of W from `row` on: F32 [rows, inner], overwritten. */
  placeFloats(values: number, row: number, rows: number): void {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const mark = heap.mark();
    const codes = heap.allocate(rows * this.codeBytes);
    kernels.rotateRowsF32(values, rows, this.inner, this.signs);
    if (this.bits === 8) {
      kernels.quantiseRowsInt8(values, rows, this.inner, codes, this.#scales + row * 4);
      this.#packInt8(codes, row, rows);
    } else {
      const scales = heap.allocateF32(rows * this.groups);
      kernels.quantiseRowsInt4(values, rows, this.inner, codes, scales);
      this.#packInt4(codes, scales, row, rows);
    }
    heap.release(mark);
  }

  /** Codes as a recast file has them, [rows, codeBytes]; before or after their scales. */
  placeCodes(codes: number, row: number, rows: number): void {
    if (this.bits === 8) {
      this.#packInt8(codes, row, rows);
      return;
    }
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const scales = heap.allocateF32(rows * this.groups);
    const values = heap.f32(scales, rows * this.groups);
    const panels = this.#panelFloats(row, rows);
    this.#eachScale(rows, (at, i) => {
      values[i] = panels[at]!;
    });
    this.#packInt4(codes, scales, row, rows);
    heap.release(mark);
  }

  /** Scales as a recast file has them: F32 [rows, 1 or groups]. */
  placeScales(values: number, row: number, rows: number): void {
    const { heap } = this.#kernels;
    if (this.bits === 8) {
      heap.f32(this.#scales + row * 4, rows).set(heap.f32(values, rows));
      return;
    }
    const from = heap.f32(values, rows * this.groups);
    const panels = this.#panelFloats(row, rows);
    this.#eachScale(rows, (at, i) => {
      panels[at] = from[i]!;
    });
  }

  /** Row `row` of R as F32 [inner]. */
  dequantiseRow(row: number, target: number): void {
    this.#kernels.dequantiseRow(
      this.#panels,
      this.#scales,
      this.bits,
      this.#depth,
      this.inner,
      row,
      target,
    );
  }

  /** Bytes of one row of codes in a file. */
  get codeBytes(): number {
    return this.bits === 8 ? this.inner : Math.ceil(this.inner / 2);
  }

  /** Scales of one row of an int4 matrix. */
  get groups(): number {
    return this.#depth / INT4_GROUP;
  }

  get #panelBytes(): number {
    return this.bits === 8 ? this.#depth * 8 : this.groups * GROUP_BYTES;
  }

  #packInt8(codes: number, row: number, rows: number): void {
    this.#kernels.packRowsInt8(
      codes,
      rows,
      this.inner,
      this.#depth,
      this.#panels + (row / 8) * this.#panelBytes,
      this.#sums + row * 4,
    );
  }

  #packInt4(codes: number, scales: number, row: number, rows: number): void {
    this.#kernels.packRowsInt4(
      codes,
      scales,
      rows,
      this.inner,
      this.#depth,
      this.#panels + (row / 8) * this.#panelBytes,
    );
  }

  /** The 4-bit panels of these rows, as float32. */
  #panelFloats(row: number, rows: number): Float32Array {
    const address = this.#panels + (row / 8) * this.#panelBytes;
    return this.#kernels.heap.f32(address, (Math.ceil(rows / 8) * this.#panelBytes) / 4);
  }

  /** Where the scales of `rows` rows stand in their 4-bit panels, in the order of a file. */
  #eachScale(rows: number, visit: (at: number, index: number) => void): void {
    for (let r = 0, i = 0; r < rows; r++) {
      let at = (Math.floor(r / 8) * this.#panelBytes + GROUP_SCALES) / 4 + (r % 8);
      for (let group = 0; group < this.groups; group++, at += GROUP_BYTES / 4) visit(at, i++);
    }
  }
}

/**
 * Bits of a linear layer's rotated weights, by its name in the checkpoint, where nothing was measured.
 * In an int4 model the token embedding, which is also what projects to logits, stays int8: it suffers
 * most from rounding (`npm run bench -- quality`: without it int4 is a third further from float32).
 */
export function rotatedBits(kind: Exclude<WeightsKind, "f32">, layer: string): RotatedBits {
  return kind === "int8" || /^(decoder\.embed_tokens|proj_out)$/.test(layer) ? 8 : 4;
}

/** rotationSigns(width) on top of the heap. */
export function placeSigns({ heap }: Kernels, width: number): number {
  const signs = heap.allocate(width * 4);
  heap.u8(signs, width * 4).set(new Uint8Array(rotationSigns(width).buffer));
  return signs;
}
