// Numbers of a checkpoint to float32. F16 is IEEE 754 binary16, BF16 the upper half of a float32.

/** count float16 at `source` to float32 at `target`; subnormals, infinities and NaN included. */
export function convertF16ToF32(source: usize, target: usize, count: usize): void {
  const end = target + (count << 2);
  const end4 = target + ((count & ~3) << 2);
  for (; target < end4; target += 16, source += 8) {
    v128.store(target, f16x4ToF32x4(v128.load16x4_u(source)));
  }
  for (; target < end; target += 4, source += 2) {
    const half = i32x4.splat(<i32>load<u16>(source));
    store<f32>(target, f32x4.extract_lane(f16x4ToF32x4(half), 0));
  }
}

function f16x4ToF32x4(half: v128): v128 {
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
  const magnitude = v128.and(half, i32x4.splat(0x7fff));
  // The bits of binary16 moved into place make a float32 2^112 too small, subnormals too.
  const scaled = f32x4.mul(i32x4.shl(magnitude, 13), i32x4.splat(0x77800000));
  const infinite = i32x4.ge_s(magnitude, i32x4.splat(0x7c00));
  return v128.or(sign, v128.or(scaled, v128.and(infinite, i32x4.splat(0x7f800000))));
}

/** count bfloat16 at `source` to float32 at `target`. */
export function convertBF16ToF32(source: usize, target: usize, count: usize): void {
  const end = target + (count << 2);
  const end4 = target + ((count & ~3) << 2);
  for (; target < end4; target += 16, source += 8) {
    v128.store(target, i32x4.shl(v128.load16x4_u(source), 16));
  }
  for (; target < end; target += 4, source += 2) {
    store<u32>(target, (<u32>load<u16>(source)) << 16);
  }
}
