// Rows of activations to codes with one scale a row: value = code value * scale.
//
// The relaxed dot product takes one operand of 8 signed bits and one of 7 unsigned ones (more is
// not portable): activations are the latter, so their codes are value + 64 with values -63 .. 63,
// and the products' excess, 64 times the sum of the weights, is taken off in the accumulator's
// start value. Plain SIMD multiplies int16, so that more bits cost nothing: values -1023 .. 1023, whose
// products with int8 weights can be added up 16000 times in int32.

/** Bytes of one code. */
export const CODE_BYTES: usize = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;
const LARGEST: f32 = ASC_FEATURE_RELAXED_SIMD ? 63 : 1023;
const OFFSET: i32 = ASC_FEATURE_RELAXED_SIMD ? 64 : 0;

/**
 * Adding 1.5 * 2^23 leaves no bits behind the point: a number of at most 2^22 is rounded, to even, and
 * stands in the lowest bits. nearest and trunc_sat would do the same in several instructions each.
 */
const ROUNDING: f32 = 12582912;
const ROUNDING_BITS: i32 = 0x4b400000;

/**
 * Quantises a row of `inner` float32 to `depth` codes, zeros behind `inner`.
 * @returns the scale; not a number where the row holds something that is none
 */
export function quantiseRow(row: usize, inner: usize, depth: usize, codes: usize): f32 {
  const largest = largestMagnitude(row, inner);
  const scale: f32 = largest / LARGEST;
  // A largest magnitude that is subnormal would make the inverse infinite.
  const inverse: f32 = largest > 1e-30 ? LARGEST / largest : 0;
  const inverses = f32x4.splat(inverse);
  const rounding = f32x4.splat(ROUNDING);
  const start = i32x4.splat(ROUNDING_BITS - OFFSET);
  let at: usize = 0;
  for (; at + 16 <= inner; at += 16, row += 64) {
    const low = i16x8.narrow_i32x4_s(
      round(v128.load(row), inverses, rounding, start),
      round(v128.load(row, 16), inverses, rounding, start),
    );
    const high = i16x8.narrow_i32x4_s(
      round(v128.load(row, 32), inverses, rounding, start),
      round(v128.load(row, 48), inverses, rounding, start),
    );
    if (ASC_FEATURE_RELAXED_SIMD) {
      v128.store(codes + at, i8x16.narrow_i16x8_u(low, high));
    } else {
      v128.store(codes + (at << 1), low);
      v128.store(codes + (at << 1), high, 16);
    }
  }
  for (; at < inner; at++, row += 4) storeCode(codes, at, <i32>nearest(load<f32>(row) * inverse));
  for (; at < depth; at++) storeCode(codes, at, 0);
  return scale;
}

/** The codes, offset included. */
// @ts-ignore: decorator
@inline
function round(values: v128, inverses: v128, rounding: v128, start: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(values, inverses), rounding), start);
}

// @ts-ignore: decorator
@inline
function storeCode(codes: usize, at: usize, value: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) store<u8>(codes + at, <u8>(value + OFFSET));
  else store<i16>(codes + (at << 1), <i16>value);
}

/** By the numbers' bits: integers of the same order, NaN above all, and quicker to compare. */
export function largestMagnitude(row: usize, count: usize): f32 {
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  let at: usize = 0;
  for (; at + 8 <= count; at += 8, row += 32) {
    even = i32x4.max_s(even, f32x4.abs(v128.load(row)));
    odd = i32x4.max_s(odd, f32x4.abs(v128.load(row, 16)));
  }
  for (; at < count; at++, row += 4) {
    even = i32x4.max_s(even, f32x4.abs(v128.load32_zero(row)));
  }
  even = i32x4.max_s(even, odd);
  even = i32x4.max_s(even, v128.shuffle<i32>(even, even, 2, 3, 0, 1));
  even = i32x4.max_s(even, v128.shuffle<i32>(even, even, 1, 0, 3, 2));
  return f32x4.extract_lane(even, 0);
}
