// Rows of weights to codes with scales, to nearest. The rows of a rotated matrix are close to
// normal noise, and the choice of scales rests on that.
//
//   int8   one scale a row, the largest magnitude at 127. Clipping rows for the least squared error
//          would gain less than 0.15 dB.
//   int4   one scale for 32 inputs. Codes are -8 .. 7, so the number of largest magnitude goes near
//          -8, by a negative scale where it is positive: 1 dB better than scales which put it at 7
//          or -7. How near is searched, and gains another 0.5 dB.

import { largestLane } from "../math/lanes";
import { ROUNDER, roundToInt8x16 } from "../math/round-int8";

/** Inputs that share a scale of int4 weights. */
export const GROUP: usize = 32;

/**
 * values: F32 [rows, inner]. codes: I8 [rows, inner], -127 .. 127. scales: F32 [rows].
 * value = code * scale; a row of zeros has scale 0.
 */
export function quantiseRowsInt8(
  values: usize,
  rows: usize,
  inner: usize,
  codes: usize,
  scales: usize,
): void {
  for (; rows > 0; rows--, values += inner << 2, codes += inner, scales += 4) {
    const largest = abs(extreme(values, inner));
    store<f32>(scales, largest / 127);
    // A largest magnitude that is subnormal would make the inverse infinite.
    const inverse: f32 = largest > 1e-30 ? 127 / largest : 0;
    roundRowInt8(values, inner, inverse, codes);
  }
}

/** To nearest, clipped to int8; `codes` may be the values themselves. */
export function roundRowInt8(values: usize, inner: usize, inverse: f32, codes: usize): void {
  const inverses = f32x4.splat(inverse);
  const end = codes + inner;
  const end16 = codes + (inner & ~15);
  for (; codes < end16; codes += 16, values += 64) {
    v128.store(codes, roundToInt8x16(values, inverses));
  }
  for (; codes < end; codes++, values += 4) {
    store<i8>(codes, <i8>nearest(load<f32>(values) * inverse));
  }
}

/** The number of largest magnitude, with its sign; of two with opposite signs the positive one. */
function extreme(values: usize, count: usize): f32 {
  let least = f32x4.splat(0);
  let greatest = f32x4.splat(0);
  const end = values + (count << 2);
  const end4 = values + ((count & ~3) << 2);
  for (; values < end4; values += 16) {
    const x = v128.load(values);
    least = f32x4.min(least, x);
    greatest = f32x4.max(greatest, x);
  }
  let low: f32 = -largestLane(f32x4.neg(least));
  let high: f32 = largestLane(greatest);
  for (; values < end; values += 4) {
    low = min(low, load<f32>(values));
    high = max(high, load<f32>(values));
  }
  return high >= -low ? high : low;
}

/**
 * values: F32 [rows, inner]. codes: U8 [rows, ceil(inner / 2)], two codes + 8 in each, the first in
 * the low half; behind an odd number of inputs the code of 0. scales: F32 [rows, ceil(inner / 32)],
 * all of them numbers of float16; the last group of a row may be shorter. value = code * scale.
 */
export function quantiseRowsInt4(
  values: usize,
  rows: usize,
  inner: usize,
  codes: usize,
  scales: usize,
): void {
  for (; rows > 0; rows--) {
    for (let left = inner; left > 0; scales += 4) {
      const count = min(left, GROUP);
      const scale = groupScale(values, count);
      store<f32>(scales, scale);
      const inverse: f32 = scale == 0 ? 0 : 1 / scale;
      if (count == GROUP) roundGroupInt4(values, inverse, codes);
      else roundTailInt4(values, count, inverse, codes);
      values += count << 2;
      codes += (count + 1) >> 1;
      left -= count;
    }
  }
}

/**
 * The scale of least squared error. For codes q the best scale is sum(x q) / sum(q q), and it
 * lowers the squared error by sum(x q)^2 / sum(q q). There are eight trials, one in each lane,
 * which put the extreme number between -9 and -7; the codes with the largest such gain are taken.
 */
function groupScale(values: usize, count: usize): f32 {
  const largest = extreme(values, count);
  // Zeros, or numbers too small to divide by; not a number stays what it is.
  if (!(abs(largest) > 1e-30)) return abs(largest) * 0;
  const unit = f32x4.splat(1 / largest);
  const inverse0 = f32x4.mul(unit, f32x4(-9, -8.714286, -8.428571, -8.142857));
  const inverse1 = f32x4.mul(unit, f32x4(-7.857143, -7.571429, -7.285714, -7));
  let xq0 = f32x4.splat(0);
  let xq1 = xq0;
  let qq0 = xq0;
  let qq1 = xq0;
  for (const end = values + (count << 2); values < end; values += 4) {
    const x = v128.load32_splat(values);
    const q0 = roundToInt4(f32x4.mul(x, inverse0));
    const q1 = roundToInt4(f32x4.mul(x, inverse1));
    xq0 = f32x4.add(xq0, f32x4.mul(x, q0));
    xq1 = f32x4.add(xq1, f32x4.mul(x, q1));
    qq0 = f32x4.add(qq0, f32x4.mul(q0, q0));
    qq1 = f32x4.add(qq1, f32x4.mul(q1, q1));
  }
  // The extreme number's code is never 0, so neither is a sum of squares.
  let scale0 = f32x4.div(xq0, qq0);
  const scale1 = f32x4.div(xq1, qq1);
  let gain0 = f32x4.mul(scale0, xq0);
  const gain1 = f32x4.mul(scale1, xq1);
  scale0 = v128.bitselect(scale1, scale0, f32x4.gt(gain1, gain0));
  gain0 = f32x4.max(gain0, gain1);
  let scale: f32 = f32x4.extract_lane(scale0, 0);
  let gain: f32 = f32x4.extract_lane(gain0, 0);
  if (f32x4.extract_lane(gain0, 1) > gain) {
    scale = f32x4.extract_lane(scale0, 1);
    gain = f32x4.extract_lane(gain0, 1);
  }
  if (f32x4.extract_lane(gain0, 2) > gain) {
    scale = f32x4.extract_lane(scale0, 2);
    gain = f32x4.extract_lane(gain0, 2);
  }
  if (f32x4.extract_lane(gain0, 3) > gain) scale = f32x4.extract_lane(scale0, 3);
  return roundToF16(scale);
}

/** Four numbers rounded and clipped to -8 .. 7, as float32. */
// @ts-ignore: decorator
@inline
function roundToInt4(x: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const rounded = f32x4.sub(f32x4.add(x, rounder), rounder);
  return f32x4.min(f32x4.max(rounded, f32x4.splat(-8)), f32x4.splat(7));
}

/** The nearest number of float16, ties to even; beyond its range the largest one. */
function roundToF16(x: f32): f32 {
  const size = abs(x);
  // Subnormal numbers of float16 are multiples of 2^-24, as float32 has them from 1/2 to 1.
  if (size < 6.1035156e-5) return copysign<f32>(size + 0.5 - 0.5, x);
  if (size >= 65504) return copysign<f32>(65504, x);
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>((bits + 0xfff + ((bits >> 13) & 1)) & ~0x1fff);
}

/** A whole group: 32 numbers to 16 bytes. */
function roundGroupInt4(values: usize, inverse: f32, codes: usize): void {
  const inverses = f32x4.splat(inverse);
  for (const end = codes + 16; codes < end; codes += 8, values += 64) {
    const clipped = i8x16.max_s(
      i8x16.min_s(roundToInt8x16(values, inverses), i8x16.splat(7)),
      i8x16.splat(-8),
    );
    const codes16 = i8x16.add(clipped, i8x16.splat(8));
    // Each pair of bytes, low code first, to one.
    const pairs = v128.or(codes16, i16x8.shr_u(codes16, 4));
    const bytes = i8x16.shuffle(pairs, pairs, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
    v128.store64_lane(codes, bytes, 0);
  }
}

/** The shorter last group of a row. */
function roundTailInt4(values: usize, count: usize, inverse: f32, codes: usize): void {
  for (let at: usize = 0; at < count; at += 2, codes++) {
    const low = codeInt4(load<f32>(values + (at << 2)), inverse);
    const high = at + 1 < count ? codeInt4(load<f32>(values + (at << 2), 4), inverse) : 8;
    store<u8>(codes, <u8>(low | (high << 4)));
  }
}

// @ts-ignore: decorator
@inline
function codeInt4(x: f32, inverse: f32): u32 {
  return <u32>(min<f32>(max<f32>(nearest(x * inverse), -8), 7) + 8);
}
