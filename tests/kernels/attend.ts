import type { Kernels } from "../../src/kernels/kernels.ts";
import { createKeyValueCache } from "../../src/model/key-value-cache.ts";
import { seededRandom } from "../fixtures/random.ts";
import { type AttentionShape, spread } from "./naive-attention.ts";

/** Queries [rows, heads * headSize]; keys and values [keyCount, heads * headSize]. */
export interface AttentionInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

/** As much memory as any test's attention takes. */
const DIRT_BYTES = 8e6;

/**
 * Attention by the kernels, [rows, heads * headSize]; every row lies beside other things. `pieces`: how
 * many keys and values are appended one after the other, the rest at last.
 */
export function attend(
  kernels: Kernels,
  kind: "f32" | "int8",
  { q, k, v }: AttentionInputs,
  { rows, keyCount, heads, headSize, causal }: AttentionShape,
  pieces: readonly number[] = [],
): Float32Array {
  const { heap } = kernels;
  const width = heads * headSize;
  const stride = 2 * width + 3;
  const mark = heap.mark();
  // What an earlier use of the memory left there must not matter.
  const dirt = heap.allocate(DIRT_BYTES);
  heap.u8(dirt, DIRT_BYTES).fill(0xff);
  heap.release(mark);
  const keys = heap.copyF32(spread(k, width, stride));
  const values = heap.copyF32(spread(v, width, stride));
  const queries = heap.copyF32(spread(q, width, stride));
  const output = heap.allocateF32(rows * width);
  const cache = createKeyValueCache(kernels, kind, width, heads, keyCount + 5);
  for (const piece of [...pieces, keyCount]) {
    const offset = cache.length * stride * 4;
    const count = Math.min(piece, keyCount - cache.length);
    if (count > 0) cache.append(keys + offset, values + offset, count, stride);
  }
  if (cache.length !== keyCount) throw new RangeError(`The cache holds ${cache.length}.`);
  cache.attend(queries, rows, stride, output, causal);
  const found = heap.f32(output, rows * width).slice();
  heap.release(mark);
  return found;
}

/** Normal noise (Box and Muller), as rotated vectors are. */
export function gaussian(length: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => {
    return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  });
}

export function gaussianInputs({
  rows,
  keyCount,
  heads,
  headSize,
}: AttentionShape): AttentionInputs {
  const width = heads * headSize;
  return {
    q: gaussian(rows * width, 1),
    k: gaussian(keyCount * width, 2),
    v: gaussian(keyCount * width, 3),
  };
}
