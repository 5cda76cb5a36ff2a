// GELU in its exact form, x/2 (1 + erf(x / sqrt 2)), as Whisper uses it (not the tanh form).
// erfc by Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7: float32's own precision.

import { EXP2, expF32x4, fastExp2F32x4 } from "./exp";
import { madd } from "./lanes";

/** In place over `count` float32. */
export function geluF32(data: usize, count: usize): void {
  const end4 = data + ((count & ~3) << 2);
  const end = data + (count << 2);
  for (; data < end4; data += 16) v128.store(data, geluF32x4(v128.load(data)));
  for (; data < end; data += 4) {
    store<f32>(data, f32x4.extract_lane(geluF32x4(v128.load32_splat(data)), 0));
  }
}

/** F32 [9][4], each constant four times. */
const CONSTANTS: usize = memory.data<f32>([
  0.5, 0.5, 0.5, 0.5,
  0.70710678, 0.70710678, 0.70710678, 0.70710678,
  0.3275911, 0.3275911, 0.3275911, 0.3275911,
  1, 1, 1, 1,
  1.061405429, 1.061405429, 1.061405429, 1.061405429,
  -1.453152027, -1.453152027, -1.453152027, -1.453152027,
  1.421413741, 1.421413741, 1.421413741, 1.421413741,
  -0.284496736, -0.284496736, -0.284496736, -0.284496736,
  0.254829592, 0.254829592, 0.254829592, 0.254829592,
]);

function geluF32x4(x: v128): v128 {
  const one = v128.load(CONSTANTS, 48);
  const z = f32x4.mul(f32x4.abs(x), v128.load(CONSTANTS, 16));
  const t = f32x4.div(one, f32x4.add(f32x4.mul(z, v128.load(CONSTANTS, 32)), one));
  let p = v128.load(CONSTANTS, 64);
  p = f32x4.add(f32x4.mul(p, t), v128.load(CONSTANTS, 80));
  p = f32x4.add(f32x4.mul(p, t), v128.load(CONSTANTS, 96));
  p = f32x4.add(f32x4.mul(p, t), v128.load(CONSTANTS, 112));
  p = f32x4.add(f32x4.mul(p, t), v128.load(CONSTANTS, 128));
  const halfErfc = f32x4.mul(
    v128.load(CONSTANTS),
    f32x4.mul(f32x4.mul(p, t), expF32x4(f32x4.neg(f32x4.mul(z, z)))),
  );
  const negative = f32x4.lt(x, f32x4.splat(0));
  return f32x4.mul(x, v128.bitselect(halfErfc, f32x4.sub(one, halfErfc), negative));
}

// GELU for values that are rounded to int8 next: x sigmoid(u(x)) with u an odd polynomial fitted to
// ln(Phi(x) / Phi(-x)), Phi the normal distribution; within 4e-5 of x Phi(x) everywhere. Half the work
// of the exact form.

/** Beyond it sigmoid(u) is 0 or 1 to 2e-9; the polynomial must not be asked further out. */
const LARGEST: f32 = 6;

/** F32: bound, and the polynomial's coefficients of x, x^3, x^5 by -log2 e: 2^v = e^-u. */
const COEFFICIENTS: usize = memory.data<f32>([
  LARGEST, -2.3011207, -0.10677657, 0.0010143813,
]);

/** output = GELU(input) of `count` float32; may be the same. */
export function fastGeluF32(input: usize, count: usize, output: usize): void {
  const most = v128.load32_splat(COEFFICIENTS);
  const least = f32x4.neg(most);
  const a1 = v128.load32_splat(COEFFICIENTS, 4);
  const a3 = v128.load32_splat(COEFFICIENTS, 8);
  const a5 = v128.load32_splat(COEFFICIENTS, 12);
  const one = f32x4.splat(1);
  const floor = v128.load32_splat(EXP2);
  const rounding = v128.load32_splat(EXP2, 4);
  const c3 = v128.load32_splat(EXP2, 8);
  const c2 = v128.load32_splat(EXP2, 12);
  const c1 = v128.load32_splat(EXP2, 16);
  const c0 = v128.load32_splat(EXP2, 20);
  const end4 = input + ((count & ~3) << 2);
  const end = input + (count << 2);
  while (input < end) {
    // The last few numbers come one by one.
    const isWhole = input < end4;
    const x = isWhole ? v128.load(input) : v128.load32_splat(input);
    const t = f32x4.pmax(f32x4.pmin(x, most), least);
    const square = f32x4.mul(t, t);
    const v = f32x4.mul(t, madd(madd(a5, square, a3), square, a1));
    const e = fastExp2F32x4(v, floor, rounding, c3, c2, c1, c0);
    const y = f32x4.div(x, f32x4.add(one, e));
    if (isWhole) v128.store(output, y);
    else store<f32>(output, f32x4.extract_lane(y, 0));
    const step: usize = isWhole ? 16 : 4;
    input += step;
    output += step;
  }
}
