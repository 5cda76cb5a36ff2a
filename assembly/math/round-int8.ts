// Float32 to int8 codes, to nearest, sixteen at a time.

/** 1.5 * 2^23: added to |x| < 2^22, it leaves x rounded to nearest, ties to even, in the lowest bits. */
export const ROUNDER: f32 = 12582912;

/** Of values[0, 16) times inverses, clipped to int8. */
// @ts-ignore: decorator
@inline
export function roundToInt8x16(values: usize, inverses: v128): v128 {
  const low = i16x8.narrow_i32x4_s(
    roundToInt32x4(v128.load(values), inverses),
    roundToInt32x4(v128.load(values, 16), inverses),
  );
  const high = i16x8.narrow_i32x4_s(
    roundToInt32x4(v128.load(values, 32), inverses),
    roundToInt32x4(v128.load(values, 48), inverses),
  );
  return i8x16.narrow_i16x8_s(low, high);
}

// @ts-ignore: decorator
@inline
function roundToInt32x4(values: v128, inverses: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  return i32x4.sub(f32x4.add(f32x4.mul(values, inverses), rounder), rounder);
}
