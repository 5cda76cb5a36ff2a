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
 * Quantises a row of `inner` float32 to `depth` codes, zeros behind `inner`.
 * @returns the scale; not a number where the row holds something that is none
 */
export function quantiseRow(row: usize, inner: usize, depth: usize, codes: usize): f32 {
  const largest = largestMagnitude(row, inner);
  const scale: f32 = largest / LARGEST;
  // A largest magnitude that is subnormal would make the inverse infinite.
  const inverse: f32 = largest > 1e-30 ? LARGEST / largest : 0;
  const inverses = f32x4.splat(inverse);
  let at: usize = 0;
  for (; at + 16 <= inner; at += 16, row += 64) {
    const low = i16x8.narrow_i32x4_s(
      round(v128.load(row), inverses),
      round(v128.load(row, 16), inverses),
    );
    const high = i16x8.narrow_i32x4_s(
      round(v128.load(row, 32), inverses),
      round(v128.load(row, 48), inverses),
    );
    if (ASC_FEATURE_RELAXED_SIMD) {
      v128.store(codes + at, i8x16.add(i8x16.narrow_i16x8_s(low, high), i8x16.splat(64)));
    } else {
      v128.store(codes + (at << 1), low);
      v128.store(codes + (at << 1), high, 16);
    }
  }
  for (; at < inner; at++, row += 4) storeCode(codes, at, <i32>nearest(load<f32>(row) * inverse));
  for (; at < depth; at++) storeCode(codes, at, 0);
  return scale;
}

// @ts-ignore: decorator
@inline
function round(values: v128, inverses: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(values, inverses)));
}

// @ts-ignore: decorator
@inline
function storeCode(codes: usize, at: usize, value: i32): void {
  if (ASC_FEATURE_RELAXED_SIMD) store<u8>(codes + at, <u8>(value + OFFSET));
  else store<i16>(codes + (at << 1), <i16>value);
}

function largestMagnitude(row: usize, count: usize): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 8 <= count; at += 8, row += 32) {
    even = f32x4.max(even, f32x4.abs(v128.load(row)));
    odd = f32x4.max(odd, f32x4.abs(v128.load(row, 16)));
  }
  even = f32x4.max(even, odd);
  let largest: f32 = max(
    max(f32x4.extract_lane(even, 0), f32x4.extract_lane(even, 1)),
    max(f32x4.extract_lane(even, 2), f32x4.extract_lane(even, 3)),
  );
  for (; at < count; at++, row += 4) largest = max(largest, abs(load<f32>(row)));
  return largest;
}
