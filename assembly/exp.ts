// e^x on four lanes. Range reduction x = n ln 2 + r, then the polynomial of Cephes' expf
// (S. Moshier); relative error below 2e-7 for -80 <= x <= 88. Smaller x give 0: what e^x is scaled
// with afterwards must not make subnormal numbers, which processors multiply a hundred times slower.

// @ts-ignore: decorator
@inline
export function expF32x4(x: v128): v128 {
  const normal = f32x4.ge(x, f32x4.splat(-80));
  x = f32x4.min(f32x4.max(x, f32x4.splat(-80)), f32x4.splat(88));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first with few bits, so that n * part is exact.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(p, power), normal);
}
