import type { Kernels } from "../../src/kernels/kernels.ts";
import type { RotatedBits } from "../../src/linear/rotated-bits.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";

/**
 * Rounds rows in place to what int8 (one scale a row) or int4 (one for 32 numbers) makes of them, by
 * the kernels that round rotated rows, but as they are.
 *
 * @param values F32 [rows, inner]
 */
export function roundRows(
  kernels: Kernels,
  values: Float32Array,
  inner: number,
  bits: RotatedBits,
): void {
  const { heap } = kernels;
  const rows = values.length / inner;
  const mark = heap.mark();
  const input = heap.copyF32(values);
  if (bits === 8) {
    const codes = heap.allocate(values.length);
    const scales = heap.allocateF32(rows);
    kernels.quantiseRowsInt8(input, rows, inner, codes, scales);
    const signed = new Int8Array(heap.u8(codes, values.length).slice().buffer);
    const scale = heap.f32(scales, rows);
    for (let i = 0; i < values.length; i++) values[i] = signed[i]! * scale[Math.floor(i / inner)]!;
  } else {
    const [groups, rowBytes] = [Math.ceil(inner / INT4_GROUP), Math.ceil(inner / 2)];
    const codes = heap.allocate(rows * rowBytes);
    const scales = heap.allocateF32(rows * groups);
    kernels.quantiseRowsInt4(input, rows, inner, codes, scales);
    const pairs = heap.u8(codes, rows * rowBytes);
    const scale = heap.f32(scales, rows * groups);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < inner; column++, i++) {
        const pair = pairs[row * rowBytes + (column >> 1)]!;
        // Two codes + 8 a byte, the first in the low half.
        const code = (column % 2 === 0 ? pair & 15 : pair >> 4) - 8;
        values[i] = code * scale[row * groups + Math.floor(column / INT4_GROUP)]!;
      }
    }
  }
  heap.release(mark);
}
