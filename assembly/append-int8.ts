// Appends keys and values to int8 panels (key-values-int8.ts).
//
// Each head's vectors are rotated by the orthonormal Hadamard matrix of the head size before they
// are rounded, which spreads outliers over all channels. Queries are rotated alike, so that scores
// stay what they are; the output of a head is rotated back.
//
// What all positions have in common is taken off first (the mean of the first rows appended, where
// they are enough to have one): a constant added to every key adds the same to all scores of a
// query, which the softmax does not see, and a constant added to every value comes out as it is,
// since probabilities add up to one. So eight bits are left for what positions differ in.

import { hadamardRowsF32 } from "./hadamard";
import { KeyValuesInt8 } from "./key-values-int8";
import { log10F32x4 } from "./log10";
import { jobArguments, parallel } from "./parallel";

/** Rows rotated and rounded at a time; a multiple of 4, as values are packed by fours. */
const ROWS_AT_ONCE: usize = 32;
/** Fewer rows than this have no mean worth the name. */
const MEAN_ROWS: usize = 32;
/** Rows times width from which other threads are asked to help. */
const SHARED_ELEMENTS: usize = 32768;
/** Floor of a value's scale, so that its logarithm and its inverse are numbers. */
const LEAST_SCALE: f32 = 1e-12;
const LOG2_10: f32 = 3.32192809;

@unmanaged
class AppendJob {
  keys: usize;
  values: usize;
  rows: usize;
  /** Bytes between rows. */
  stride: usize;
  cache: KeyValuesInt8;
  position: usize;
  scratch: usize;
  scratchBytes: usize;
}

/** Scratch of appendKeysValuesInt8, bytes for each thread. */
export function appendScratchInt8(headSize: usize): usize {
  return rowsBytes(headSize) + ((headSize + 63) & ~63);
}

// @ts-ignore: decorator
@inline
function rowsBytes(headSize: usize): usize {
  return (ROWS_AT_ONCE * headSize * 4 + 63) & ~63;
}

/**
 * Appends rows to all heads.
 *
 * keys, values: F32 [rows, heads * headSize], `stride` float32 between rows. `position`: how many
 * the cache holds already; 0 begins anew. scratch: appendScratchInt8 bytes for each thread.
 */
export function appendKeysValuesInt8(
  keys: usize,
  values: usize,
  rows: usize,
  stride: usize,
  cache: KeyValuesInt8,
  position: usize,
  scratch: usize,
): void {
  const job = changetype<AppendJob>(jobArguments());
  job.keys = keys;
  job.values = values;
  job.rows = rows;
  job.stride = stride << 2;
  job.cache = cache;
  job.position = position;
  job.scratch = scratch;
  job.scratchBytes = appendScratchInt8(cache.headSize);
  const heads = cache.heads;
  if (rows * heads * cache.headSize >= SHARED_ELEMENTS) {
    parallel(appendHead, changetype<usize>(job), heads);
  } else {
    for (let head: usize = 0; head < heads; head++) appendHead(changetype<usize>(job), head, 0);
  }
}

function appendHead(address: usize, head: usize, thread: usize): void {
  const job = changetype<AppendJob>(address);
  const rows = job.rows;
  const stride = job.stride;
  const cache = job.cache;
  const position = job.position;
  const capacity = cache.capacity;
  const headSize = cache.headSize;
  const depth = cache.depth;
  const buffer = job.scratch + thread * job.scratchBytes;
  const codes = buffer + rowsBytes(headSize);
  const codeBytes = (headSize + 15) & ~15;
  const keys = job.keys + ((head * headSize) << 2);
  const values = job.values + ((head * headSize) << 2);
  const keyMean = cache.keyMean(head);
  const valueMean = cache.valueMean(head);
  if (position == 0) {
    meanOfRows(keys, rows, stride, headSize, keyMean);
    meanOfRows(values, rows, stride, headSize, valueMean);
  }
  // The first piece ends where the following ones begin at a multiple of four positions.
  let count = min(rows, ROWS_AT_ONCE - (position & 3));
  for (let row: usize = 0; row < rows; row += count, count = min(rows - row, ROWS_AT_ONCE)) {
    const at = position + row;
    subtractMean(keys + row * stride, count, stride, headSize, keyMean, buffer);
    hadamardRowsF32(buffer, count, headSize);
    for (let i: usize = 0; i < count; i++) {
      const key = buffer + ((i * headSize) << 2);
      const scale = cache.keyScales(head) + ((at + i) << 2);
      store<f32>(scale, roundRow(key, headSize, codes, codeBytes));
      const to = cache.keys(head) + ((at + i) & ~7) * depth + (((at + i) & 7) << 2);
      store<i32>(cache.keySums(head) + ((at + i) << 2), placeKey(codes, depth, to) << 6);
    }
    subtractMean(values + row * stride, count, stride, headSize, valueMean, buffer);
    hadamardRowsF32(buffer, count, headSize);
    const inverses = cache.valueInverses(head) + (at << 2);
    const logs = cache.valueLogs(head) + (at << 2);
    for (let i: usize = 0; i < count; i++) {
      // In place: the codes of a row take the first quarter of its float32.
      const value = buffer + ((i * headSize) << 2);
      const scale = max(roundRow(value, headSize, value, headSize), LEAST_SCALE);
      const keyScale = load<f32>(cache.keyScales(head) + ((at + i) << 2));
      // What holds anything but numbers must not be lost in codes: it makes every sum none.
      const inverse: f32 = max(keyScale, scale) < Infinity ? 1 / scale : NaN;
      store<f32>(inverses + (i << 2), inverse);
      store<f32>(logs + (i << 2), scale);
    }
    logarithms(logs, count);
    placeValues(buffer, count, headSize, cache.values(head), capacity, at);
  }
  for (let at = position + rows; (at & 15) != 0; at++) {
    store<f32>(cache.valueInverses(head) + (at << 2), 0);
  }
}

/** Logarithms to base 2, in place. */
function logarithms(values: usize, count: usize): void {
  const factors = f32x4.splat(LOG2_10);
  for (; count >= 4; count -= 4, values += 16) {
    v128.store(values, f32x4.mul(log10F32x4(v128.load(values)), factors));
  }
  for (; count > 0; count--, values += 4) {
    const logs = f32x4.mul(log10F32x4(v128.load32_splat(values)), factors);
    v128.store32_lane(values, logs, 0);
  }
}

/** The mean of many rows, zeros for few. */
function meanOfRows(rows: usize, count: usize, stride: usize, headSize: usize, mean: usize): void {
  memory.fill(mean, 0, headSize << 2);
  if (count < MEAN_ROWS) return;
  const bytes4 = (headSize & ~3) << 2;
  const bytes = headSize << 2;
  for (const end = rows + count * stride; rows != end; rows += stride) {
    let at: usize = 0;
    for (; at < bytes4; at += 16) {
      v128.store(mean + at, f32x4.add(v128.load(mean + at), v128.load(rows + at)));
    }
    for (; at < bytes; at += 4) store<f32>(mean + at, load<f32>(mean + at) + load<f32>(rows + at));
  }
  const inverse: f32 = 1 / <f32>count;
  for (const end = mean + bytes; mean < end; mean += 4) {
    store<f32>(mean, load<f32>(mean) * inverse);
  }
}

/** Gathers rows of one head into [count, headSize], less their mean. */
function subtractMean(
  rows: usize,
  count: usize,
  stride: usize,
  headSize: usize,
  mean: usize,
  target: usize,
): void {
  const bytes4 = (headSize & ~3) << 2;
  const bytes = headSize << 2;
  for (; count > 0; count--, rows += stride, target += bytes) {
    let at: usize = 0;
    for (; at < bytes4; at += 16) {
      v128.store(target + at, f32x4.sub(v128.load(rows + at), v128.load(mean + at)));
    }
    for (; at < bytes; at += 4) {
      store<f32>(target + at, load<f32>(rows + at) - load<f32>(mean + at));
    }
  }
}

/**
 * Rounds a row to `bytes` int8 codes, zeros behind `count`. `codes` may be the row itself.
 * @returns the scale
 */
function roundRow(row: usize, count: usize, codes: usize, bytes: usize): f32 {
  // Magnitudes are compared as integers: as fast, and what is no number is the largest of all.
  let maxima = i32x4.splat(0);
  let at: usize = 0;
  for (; at + 4 <= count; at += 4) {
    maxima = i32x4.max_s(maxima, f32x4.abs(v128.load(row + (at << 2))));
  }
  for (; at < count; at++) {
    maxima = i32x4.max_s(maxima, f32x4.abs(v128.load32_splat(row + (at << 2))));
  }
  maxima = i32x4.max_s(maxima, v128.shuffle<i32>(maxima, maxima, 2, 3, 0, 1));
  const bits = max(i32x4.extract_lane(maxima, 0), i32x4.extract_lane(maxima, 1));
  const largest = reinterpret<f32>(bits);
  // A largest magnitude that is subnormal would make the inverse infinite.
  const inverse: f32 = largest > 1e-30 ? 127 / largest : 0;
  const inverses = f32x4.splat(inverse);
  for (at = 0; at + 16 <= count; at += 16, row += 64) {
    const low = i16x8.narrow_i32x4_s(
      rounded(v128.load(row), inverses),
      rounded(v128.load(row, 16), inverses),
    );
    const high = i16x8.narrow_i32x4_s(
      rounded(v128.load(row, 32), inverses),
      rounded(v128.load(row, 48), inverses),
    );
    v128.store(codes + at, i8x16.narrow_i16x8_s(low, high));
  }
  for (; at < count; at++, row += 4) {
    store<i8>(codes + at, <i8>(<i32>nearest(load<f32>(row) * inverse)));
  }
  for (; at < bytes; at++) store<i8>(codes + at, 0);
  return largest / 127;
}

/** Adding 1.5 * 2^23 leaves the rounded number in the lowest bits. */
// @ts-ignore: decorator
@inline
function rounded(values: v128, inverses: v128): v128 {
  const bits = f32x4.add(f32x4.mul(values, inverses), f32x4.splat(12582912));
  return i32x4.sub(bits, i32x4.splat(0x4b400000));
}

/**
 * Places a key's codes, four by four, as one lane of a panel.
 * @returns their sum
 */
function placeKey(codes: usize, depth: usize, to: usize): i32 {
  let sums = i32x4.splat(0);
  for (const end = codes + depth; codes < end; codes += 16, to += 128) {
    const v = v128.load(codes);
    sums = i32x4.add(
      sums,
      i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v)),
    );
    v128.store32_lane(to, v, 0);
    if (end - codes > 4) v128.store32_lane(to, v, 1, 32);
    if (end - codes > 8) v128.store32_lane(to, v, 2, 64);
    if (end - codes > 12) v128.store32_lane(to, v, 3, 96);
  }
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

/** Places rows of codes, each at the start of headSize float32, from position `at` on. */
function placeValues(
  rows: usize,
  count: usize,
  headSize: usize,
  values: usize,
  capacity: usize,
  at: usize,
): void {
  const stride = headSize << 2;
  const panelBytes = capacity << 3;
  while (count > 0) {
    let to = values + ((at & ~3) << 3) + (at & 3);
    let from = rows;
    const end = from + headSize;
    if ((at & 3) == 0 && count >= 4) {
      for (; from + 8 <= end; from += 8, to += panelBytes) {
        const r0 = v128.load64_zero(from);
        const r1 = v128.load64_zero(from + stride);
        const r2 = v128.load64_zero(from + 2 * stride);
        const r3 = v128.load64_zero(from + 3 * stride);
        const r01 = interleaveBytes(r0, r1);
        const r23 = interleaveBytes(r2, r3);
        v128.store(to, v128.shuffle<i16>(r01, r23, 0, 8, 1, 9, 2, 10, 3, 11));
        v128.store(to, v128.shuffle<i16>(r01, r23, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      }
      for (; from < end; from++, to += 4) {
        store<u8>(to, load<u8>(from));
        store<u8>(to, load<u8>(from + stride), 1);
        store<u8>(to, load<u8>(from + 2 * stride), 2);
        store<u8>(to, load<u8>(from + 3 * stride), 3);
      }
      rows += 4 * stride;
      count -= 4;
      at += 4;
    } else {
      for (; from + 8 <= end; from += 8, to += panelBytes) placeEight(from, to);
      for (; from < end; from++, to += 4) store<u8>(to, load<u8>(from));
      rows += stride;
      count--;
      at++;
    }
  }
}

// @ts-ignore: decorator
@inline
function placeEight(from: usize, to: usize): void {
  const v = v128.load64_zero(from);
  v128.store8_lane(to, v, 0);
  v128.store8_lane(to, v, 1, 4);
  v128.store8_lane(to, v, 2, 8);
  v128.store8_lane(to, v, 3, 12);
  v128.store8_lane(to, v, 4, 16);
  v128.store8_lane(to, v, 5, 20);
  v128.store8_lane(to, v, 6, 24);
  v128.store8_lane(to, v, 7, 28);
}

// @ts-ignore: decorator
@inline
function interleaveBytes(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
