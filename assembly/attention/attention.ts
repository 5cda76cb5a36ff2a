// Scaled dot-product attention over packed keys and values, head by head and a few query rows at a
// time: of the [queries, keys] matrix no more than TILE_ROWS rows for each thread ever exist.
//
// Keys of a head are panels as in matmul-f32.ts, so that a key is one lane of a panel, and so are values.
// Both can be appended to, so the same layout serves encoder self-attention, cross-attention and the decoder's growing cache.

import { matmulRowsF32 } from "../linear/matmul-f32";
import { softmaxRow } from "../math/softmax";
import { jobArguments } from "../threads/control-block";
import { parallelIf } from "../threads/parallel";

/** Rows of a tile, a multiple of what the matrix product takes at a time. */
const TILE_ROWS: usize = 30;
/** Bytes of keys and values times tiles from which other threads are asked to help. */
const SHARED_BYTES: usize = 262144;

/** Where the keys and values of one attention layer lie; the host writes the fields. All are u32. */
@unmanaged
export class KeyValuesF32 {
  /** F32 [heads][capacity / 8][headSize][8]. */
  keys: usize;
  /** F32 [heads][ceil(headSize / 8)][capacity][8]. */
  values: usize;
  /** Positions there is room for, a multiple of 8. */
  capacity: usize;
  heads: usize;
  headSize: usize;

  /** Bytes of a head's keys. */
  @inline get keyBytes(): usize {
    return (this.capacity * this.headSize) << 2;
  }

  /** Bytes of a head's values. */
  @inline get valueBytes(): usize {
    return (this.capacity * roundUp8(this.headSize)) << 2;
  }
}

/**
 * Appends rows to all heads.
 *
 * keys, values: [rows, heads * headSize], `stride` float32 between rows. `position`: how many
 * rows the cache holds already.
 */
export function appendKeysValuesF32(
  keys: usize,
  values: usize,
  rows: usize,
  stride: usize,
  cache: KeyValuesF32,
  position: usize,
): void {
  const headSize = cache.headSize;
  for (let head: usize = 0; head < cache.heads; head++) {
    const packedKeys = cache.keys + head * cache.keyBytes;
    const packedValues = cache.values + head * cache.valueBytes;
    for (let row: usize = 0; row < rows; row++) {
      const at = position + row;
      const from = (row * stride + head * headSize) << 2;
      appendKey(keys + from, packedKeys, at, headSize);
      appendValue(values + from, packedValues, at, cache.capacity, headSize);
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
 * Copies positions [from, to) of all heads between caches of one shape. What both hold before `from` is equal, so that panels
 * which begin before it may be copied whole.
 */
export function copyKeysValuesF32(
  source: KeyValuesF32,
  target: KeyValuesF32,
  from: usize,
  to: usize,
): void {
  const heads = source.heads;
  const headSize = source.headSize;
  const firstKey = ((from & ~7) * headSize) << 2;
  const lastKey = (roundUp8(to) * headSize) << 2;
  for (let head: usize = 0; head < heads; head++) {
    const at = head * source.keyBytes + firstKey;
    memory.copy(target.keys + at, source.keys + at, lastKey - firstKey);
  }
  const panels = (heads * roundUp8(headSize)) >> 3;
  for (let panel: usize = 0; panel < panels; panel++) {
    const at = (panel * source.capacity + from) << 5;
    memory.copy(target.values + at, source.values + at, (to - from) << 5);
  }
}

@unmanaged
class AttentionJob {
  queries: usize;
  rows: usize;
  /** float32 between queries. */
  queryStride: usize;
  cache: KeyValuesF32;
  keyCount: usize;
  causal: bool;
  output: usize;
  scratch: usize;
  scratchBytes: usize;
}

/** Scratch of attentionF32, bytes for each thread. */
export function attentionScratchF32(rows: usize, keyCount: usize): usize {
  return (min(TILE_ROWS, rows) * roundUp8(keyCount)) << 2;
}

/**
 * output = softmax(queries keysᵀ / sqrt(headSize)) values, per head.
 *
 * queries: [rows, heads * headSize], `queryStride` float32 between rows. `keyCount` rows of the
 * cache are seen; with `causal` the queries are the last `rows` of them and query r sees none after
 * itself. output: [rows, heads * headSize], contiguous. scratch: attentionScratchF32 bytes for each
 * thread.
 */
export function attentionF32(
  queries: usize,
  rows: usize,
  queryStride: usize,
  cache: KeyValuesF32,
  keyCount: usize,
  causal: bool,
  output: usize,
  scratch: usize,
): void {
  const job = changetype<AttentionJob>(jobArguments());
  job.queries = queries;
  job.rows = rows;
  job.queryStride = queryStride;
  job.cache = cache;
  job.keyCount = keyCount;
  job.causal = causal;
  job.output = output;
  job.scratch = scratch;
  job.scratchBytes = attentionScratchF32(rows, keyCount);
  const tiles = cache.heads * ((rows + TILE_ROWS - 1) / TILE_ROWS);
  const isLong = (tiles * keyCount * cache.headSize) << 3 >= SHARED_BYTES;
  parallelIf(isLong, attendTile, changetype<usize>(job), tiles);
}

/** Some rows of one head; tiles of a head follow each other, so that its keys stay near. */
function attendTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<AttentionJob>(address);
  const keyCount = job.keyCount;
  const cache = job.cache;
  const headSize = cache.headSize;
  const width = cache.heads * headSize;
  const tilesPerHead = (job.rows + TILE_ROWS - 1) / TILE_ROWS;
  const head = tile / tilesPerHead;
  const row = (tile % tilesPerHead) * TILE_ROWS;
  const count = min(TILE_ROWS, job.rows - row);
  const scratch = job.scratch + thread * job.scratchBytes;
  const scoreStride = roundUp8(keyCount);
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  matmulRowsF32(
    job.queries + ((row * job.queryStride + head * headSize) << 2),
    job.queryStride,
    cache.keys + head * cache.keyBytes,
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
    const seen = job.causal ? keyCount - job.rows + row + i + 1 : keyCount;
    softmaxRow(scores, seen, scale);
    memory.fill(scores + (seen << 2), 0, (keyCount - seen) << 2);
  }
  matmulRowsF32(
    scratch,
    scoreStride,
    cache.values + head * cache.valueBytes,
    cache.capacity << 3,
    0,
    job.output + ((row * width + head * headSize) << 2),
    width,
    count,
    keyCount,
    headSize,
    false,
  );
}

// @ts-ignore: decorator
@inline
function roundUp8(n: usize): usize {
  return (n + 7) & ~7;
}
