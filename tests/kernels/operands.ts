import type { Heap } from "../../src/kernels/heap.ts";
import { seededRandom } from "../fixtures/random.ts";

/** Bytes of linear memory filled with `values`. */
export function copyBytes(heap: Heap, values: ArrayLike<number>): number {
  const pointer = heap.allocate(values.length);
  heap.u8(pointer, values.length).set(values);
  return pointer;
}

/** Codes -8 .. 7 of rows of `inner` as a file has them: two in a byte, low half first, each + 8. */
export function nibbles(codes: ArrayLike<number>, inner: number): Uint8Array {
  const rowBytes = Math.ceil(inner / 2);
  const bytes = new Uint8Array((codes.length / inner) * rowBytes).fill(0x88);
  for (let i = 0; i < codes.length; i++) {
    const column = i % inner;
    const at = ((i - column) / inner) * rowBytes + (column >> 1);
    const shift = column & 1 ? 4 : 0;
    bytes[at] = (bytes[at]! & ~(15 << shift)) | ((codes[i]! + 8) << shift);
  }
  return bytes;
}

export type Range = readonly [least: number, greatest: number];

/** Both ends included. */
export function wholeNumbers(length: number, seed: number, [least, greatest]: Range): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => least + Math.floor(random() * (greatest - least + 1)));
}

/** Likewise; either end with a probability of a quarter. */
export function extremeNumbers(length: number, seed: number, [least, greatest]: Range): number[] {
  const span = greatest - least;
  return wholeNumbers(length, seed, [-Math.ceil(span / 2), Math.floor(1.5 * span)]).map(
    (x) => least + Math.max(0, Math.min(span, x)),
  );
}
