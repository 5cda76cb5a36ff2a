// GELU for values that are rounded to int8 next: x sigmoid(u(x)) with u an odd polynomial fitted to
// ln(Phi(x) / Phi(-x)), Phi the normal distribution; within 4e-5 of x Phi(x) everywhere. Half the work
// of the exact form.

import { EXP2, fastExp2F32x4 } from "./fast-exp2";
import { madd } from "./madd";

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
