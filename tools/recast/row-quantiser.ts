import type { Kernels } from "../../src/kernels/kernels.ts";
import type { RotatedBits } from "../../src/linear/rotated-storage.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";

/** Coded int8 (src/checkpoint/coded-layout.ts): a step for the matrix, of which each column takes a multiple. */
export interface CodedSteps {
  readonly step: number;
  /** [width], 1 .. 127: codes of a column are multiples of its own. */
  readonly multipliers: Uint8Array;
}

/** How the rows of a matrix become codes: int8 with a scale for each, int4 in groups, or by steps. */
export type RowForm = RotatedBits | CodedSteps;

/** Bits of a running weight. */
export function bitsOf(form: RowForm): RotatedBits {
  return form === 4 ? 4 : 8;
}

/** Rows as the file has them. */
export interface QuantisedRows {
  /** I8 [rows, width], or two codes + 8 a byte, the first in the low half. */
  readonly codes: Uint8Array;
  /** F32 [rows], or numbers of float16 [rows, ceil(width / INT4_GROUP)]. */
  readonly scales: Float32Array;
}

/** Energies from which a signal to noise ratio is made: they add up over rows. */
export interface Energies {
  signal: number;
  noise: number;
}

/** Sums over rows of w^2 and (w - its code's value)^2, and the same of the calibration's outputs. */
export interface RowEnergies {
  readonly weights: Energies;
  readonly outputs: Energies;
}

/** Scales in a row of `width` weights. */
export function scalesInRow(width: number, bits: RotatedBits): number {
  return bits === 8 ? 1 : Math.ceil(width / INT4_GROUP);
}

/** Bytes of the codes of a row of `width` weights. */
export function codeBytesInRow(width: number, bits: RotatedBits): number {
  return bits === 8 ? width : Math.ceil(width / 2);
}

/** Nearest code of a weight that is `wanted`, a multiple of `multiplier` of steps. */
export function codeBySteps(wanted: number, step: number, multiplier: number): number {
  const most = Math.floor(127 / multiplier);
  const symbol = Math.round(wanted / (step * multiplier));
  return multiplier * Math.min(Math.max(symbol, -most), most);
}

/**
 * Each weight to its nearest code, by the same kernels as when a model is quantised while it loads.
 *
 * @param values F32 [rows, width] in kernel memory
 */
export function quantiseRows(
  kernels: Kernels,
  values: number,
  rows: number,
  width: number,
  form: RowForm,
): QuantisedRows {
  const { heap } = kernels;
  if (typeof form !== "number") {
    const { step, multipliers } = form;
    const codes = Uint8Array.from(heap.f32(values, rows * width), (value, i) => {
      return codeBySteps(value, step, multipliers[i % width]!);
    });
    return { codes, scales: new Float32Array(rows).fill(step) };
  }
  const mark = heap.mark();
  const codeBytes = rows * codeBytesInRow(width, form);
  const scaleCount = rows * scalesInRow(width, form);
  const codes = heap.allocate(codeBytes);
  const scales = heap.allocateF32(scaleCount);
  if (form === 8) kernels.quantiseRowsInt8(values, rows, width, codes, scales);
  else kernels.quantiseRowsInt4(values, rows, width, codes, scales);
  const quantised = {
    codes: heap.u8(codes, codeBytes).slice(),
    scales: heap.f32(scales, scaleCount).slice(),
  };
  heap.release(mark);
  return quantised;
}

/** The same; adds what it costs to `weights`. */
export function roundToNearest(
  kernels: Kernels,
  values: number,
  rows: number,
  width: number,
  form: RowForm,
  weights: Energies,
): QuantisedRows {
  const quantised = quantiseRows(kernels, values, rows, width, form);
  const found = dequantiseRows(quantised, width, bitsOf(form));
  const original = kernels.heap.f32(values, rows * width);
  let [signal, noise] = [0, 0];
  for (let i = 0; i < original.length; i++) {
    const value = original[i]!;
    signal += value * value;
    noise += (value - found[i]!) ** 2;
  }
  weights.signal += signal;
  weights.noise += noise;
  return quantised;
}

/** The values of quantised rows, F32 [rows, width]. */
export function dequantiseRows(
  { codes, scales }: QuantisedRows,
  width: number,
  bits: RotatedBits,
): Float32Array {
  const rowScales = scalesInRow(width, bits);
  const rowBytes = codeBytesInRow(width, bits);
  const rows = scales.length / rowScales;
  const values = new Float32Array(rows * width);
  const signed = new Int8Array(codes.buffer, codes.byteOffset, codes.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const scale = scales[row * rowScales + (bits === 8 ? 0 : Math.floor(i / INT4_GROUP))]!;
      const code =
        bits === 8
          ? signed[row * rowBytes + i]!
          : ((codes[row * rowBytes + (i >> 1)]! >> (4 * (i & 1))) & 15) - 8;
      values[row * width + i] = code * scale;
    }
  }
  return values;
}
