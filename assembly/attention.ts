// Scaled dot-product attention over packed keys and values, head by head and a few query rows at a
// time: of the [queries, keys] matrix no more than ROWS_AT_ONCE rows ever exist.
//
// Keys of a head are panels as in matmul-f32: [ceil(capacity / 8)][headSize][8], so that a key is
// one lane of a panel. Values are [ceil(headSize / 8)][capacity][8]. Both can be appended to, so the
// same layout serves encoder self-attention, cross-attention and the decoder's growing cache.

import { matmulRowsF32 } from "./matmul-f32";
import { softmaxRow } from "./softmax";

/** Rows of scores held at a time; the scratch is this many rows of `keys` rounded up to 8. */
const ROWS_AT_ONCE: usize = 40;

/**
 * Appends rows to the packed keys and values of all heads.
 *
 * keys, values: [rows, heads * headSize], `stride` float32 between rows. `position`: how many
 * rows the cache holds already. Per head the cache has `capacity` rows (a multiple of 8):
 * capacity * headSize rounded up to 8 float32 for values, capacity * headSize for keys.
 */
export function appendKeysValuesF32(
  keys: usize,
  values: usize,
  rows: usize,
  stride: usize,
  packedKeys: usize,
  packedValues: usize,
  position: usize,
  capacity: usize,
  heads: usize,
  headSize: usize,
): void {
  const keyHeadBytes = (capacity * headSize) << 2;
  const valueHeadBytes = (capacity * roundUp8(headSize)) << 2;
  for (let head: usize = 0; head < heads; head++) {
    for (let row: usize = 0; row < rows; row++) {
      const at = position + row;
      const from = (row * stride + head * headSize) << 2;
      appendKey(keys + from, packedKeys + head * keyHeadBytes, at, headSize);
      appendValue(values + from, packedValues + head * valueHeadBytes, at, capacity, headSize);
    }
  }
}

function appendKey(key: usize, packed: usize, position: usize, headSize: usize): void {
  let to = packed + ((((position & ~7) * headSize) + (position & 7)) << 2);
  const end = key + (headSize << 2);
  for (; key < end; key += 4, to += 32) store<f32>(to, load<f32>(key));
}

function appendValue(
  value: usize,
  packed: usize,
  position: usize,
  capacity: usize,
  headSize: usize,
): void {
  let to = packed + (position << 5);
  let at: usize = 0;
  for (; at + 8 <= headSize; at += 8, value += 32, to += capacity << 5) {
    v128.store(to, v128.load(value));
    v128.store(to, v128.load(value, 16), 16);
  }
  for (; at < headSize; at++, value += 4, to += 4) store<f32>(to, load<f32>(value));
}

/**
 * output = softmax(queries keysᵀ / sqrt(headSize)) values, per head.
 *
 * queries, output: [rows, heads * headSize]. `keyCount` rows of the cache are seen; with `causal`
 * the queries are the last `rows` of them and query r sees none after itself.
 * scratch: min(rows, 40) * (keyCount rounded up to 8) float32.
 */
export function attentionF32(
  queries: usize,
  rows: usize,
  packedKeys: usize,
  packedValues: usize,
  keyCount: usize,
  capacity: usize,
  heads: usize,
  headSize: usize,
  causal: bool,
  output: usize,
  scratch: usize,
): void {
  const width = heads * headSize;
  const scoreStride = roundUp8(keyCount);
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  for (let head: usize = 0; head < heads; head++) {
    const headKeys = packedKeys + ((head * capacity * headSize) << 2);
    const headValues = packedValues + ((head * capacity * roundUp8(headSize)) << 2);
    for (let row: usize = 0; row < rows; row += ROWS_AT_ONCE) {
      const count = min(ROWS_AT_ONCE, rows - row);
      const offset = (row * width + head * headSize) << 2;
      matmulRowsF32(
        queries + offset,
        width,
        headKeys,
        headSize << 3,
        0,
        scratch,
        scoreStride,
        count,
        headSize,
        keyCount,
        false,
      );
      for (let i: usize = 0; i < count; i++) {
        const scores = scratch + ((i * scoreStride) << 2);
        const seen = causal ? keyCount - rows + row + i + 1 : keyCount;
        softmaxRow(scores, seen, scale);
        memory.fill(scores + (seen << 2), 0, (keyCount - seen) << 2);
      }
      matmulRowsF32(
        scratch,
        scoreStride,
        headValues,
        capacity << 3,
        0,
        output + offset,
        width,
        count,
        keyCount,
        headSize,
        false,
      );
    }
  }
}

// @ts-ignore: decorator
@inline
function roundUp8(n: usize): usize {
  return (n + 7) & ~7;
}
