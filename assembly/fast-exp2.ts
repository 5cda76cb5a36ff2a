// 2^x on four lanes, as precise as codes of seven bits ask for: x = n + f with f in [-1/2, 1/2], the
// cubic of least relative error for 2^f (7.5e-5), and n added to its exponent.
//
// n is rounded by adding 1.5 * 2^23, after which it stands in the lowest bits of the sum: a
// conversion to integers would cost several instructions, since it saturates.
//
// Constants are loaded from memory before the loop and handed in: V8 builds a vector constant anew,
// from several instructions, wherever it is used, which costs a quarter of the time.

import { madd } from "./madd";

/** F32: least x, rounding term, cubic from the highest power on. */
export const EXP2: usize = memory.data<f32>([
  -126, 12582912, 0.055171, 0.2426095, 0.69326095, 0.99992817,
]);

/**
 * For x <= 127; below the least x it gives 2^-126. The other parameters are EXP2's numbers, splat.
 */
// @ts-ignore: decorator
@inline
export function fastExp2F32x4(
  x: v128,
  least: v128,
  rounding: v128,
  c3: v128,
  c2: v128,
  c1: v128,
  c0: v128,
): v128 {
  x = f32x4.pmax(x, least);
  const n = f32x4.add(x, rounding);
  const f = f32x4.sub(x, f32x4.sub(n, rounding));
  let p = madd(c3, f, c2);
  p = madd(p, f, c1);
  p = madd(p, f, c0);
  return i32x4.add(p, i32x4.shl(n, 23));
}

/** 2^x for one number. */
export function fastExp2(x: f32): f32 {
  return f32x4.extract_lane(
    fastExp2F32x4(
      f32x4.splat(x),
      v128.load32_splat(EXP2),
      v128.load32_splat(EXP2, 4),
      v128.load32_splat(EXP2, 8),
      v128.load32_splat(EXP2, 12),
      v128.load32_splat(EXP2, 16),
      v128.load32_splat(EXP2, 20),
    ),
    0,
  );
}
