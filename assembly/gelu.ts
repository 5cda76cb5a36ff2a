// GELU in its exact form, x/2 (1 + erf(x / sqrt 2)), as Whisper uses it (not the tanh form).
// erfc by Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7: float32's own precision.

import { expF32x4 } from "./exp";

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
