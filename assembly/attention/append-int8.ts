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

import { hadamardRowsF32 } from "../hadamard/hadamard";
import { largestMagnitude } from "../linear/quantise";
import { roundRowInt8 } from "../linear/quantise-weights";
import { addF32 } from "../math/add";
import { log10F32x4 } from "../math/log10";
import { jobArguments } from "../threads/control-block";
import { parallelIf } from "../threads/parallel";
import { KeyValuesInt8 } from "./key-values-int8";
import { placeKey, placeValues } from "./place-int8";

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
  const isLong = rows * heads * cache.headSize >= SHARED_ELEMENTS;
  parallelIf(isLong, appendHead, changetype<usize>(job), heads);
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
  for (const end = rows + count * stride; rows != end; rows += stride) addF32(mean, rows, headSize);
  const inverse: f32 = 1 / <f32>count;
  for (const end = mean + (headSize << 2); mean < end; mean += 4) {
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
  const largest = largestMagnitude(row, count);
  // A largest magnitude that is subnormal would make the inverse infinite.
  roundRowInt8(row, count, largest > 1e-30 ? 127 / largest : 0, codes);
  memory.fill(codes + count, 0, bytes - count);
  return largest / 127;
}
