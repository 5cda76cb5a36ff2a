// e^x on four lanes. Range reduction x = n ln 2 + r, then the polynomial of Cephes' expf
// (S. Moshier); relative error below 2e-7 for -80 <= x <= 88. Smaller x give 0: what e^x is scaled
// with afterwards must not make subnormal numbers, which processors multiply a hundred times slower.
//
// Constants come from memory: V8 makes a vector constant anew, from several instructions, wherever it
// is used. n is rounded by adding 1.5 * 2^23, after which it stands in the lowest bits of the sum.

import { madd } from "./lanes";

/** F32 [13][4], each constant four times. */
const CONSTANTS: usize = memory.data<f32>([
  -80, -80, -80, -80,
  88, 88, 88, 88,
  1.44269504, 1.44269504, 1.44269504, 1.44269504,
  12582912, 12582912, 12582912, 12582912,
  // ln 2 in two parts, the first with few bits, so that n * part is exact.
  0.693359375, 0.693359375, 0.693359375, 0.693359375,
  -2.12194440e-4, -2.12194440e-4, -2.12194440e-4, -2.12194440e-4,
  1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4,
  1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3,
  8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3,
  4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2,
  1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1,
  5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1,
  1, 1, 1, 1,
]);

// @ts-ignore: decorator
@inline
export function expF32x4(x: v128): v128 {
  const least = v128.load(CONSTANTS);
  const normal = f32x4.ge(x, least);
  // pmin and pmax hand on their first operand where it is not a number.
  x = f32x4.pmin(f32x4.pmax(x, least), v128.load(CONSTANTS, 16));
  const rounding = v128.load(CONSTANTS, 48);
  const shifted = f32x4.add(f32x4.mul(x, v128.load(CONSTANTS, 32)), rounding);
  const n = f32x4.sub(shifted, rounding);
  let r = f32x4.sub(x, f32x4.mul(n, v128.load(CONSTANTS, 64)));
  r = f32x4.sub(r, f32x4.mul(n, v128.load(CONSTANTS, 80)));
  let p = v128.load(CONSTANTS, 96);
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, 112));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, 128));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, 144));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, 160));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, 176));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), v128.load(CONSTANTS, 192));
  // n added to the exponent's bits multiplies by 2^n.
  return v128.and(i32x4.add(p, i32x4.shl(shifted, 23)), normal);
}

// 2^x on four lanes, as precise as codes of seven bits ask for: x = n + f with f in [-1/2, 1/2], the
// cubic of least relative error for 2^f (7.5e-5), and n added to its exponent.
//
// n is rounded by adding 1.5 * 2^23, after which it stands in the lowest bits of the sum: a
// conversion to integers would cost several instructions, since it saturates.
//
// Constants are loaded from memory before the loop and handed in: V8 builds a vector constant anew,
// from several instructions, wherever it is used, which costs a quarter of the time.

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
