// Softmax of rows, in place.

import { expF32x4 } from "./exp";
import { largestLane, sumOfLanes } from "./lanes";

/** softmax(scale * x) of each row of [rows, columns]; `stride` float32 between rows. */
export function softmaxRowsF32(
  data: usize,
  rows: usize,
  columns: usize,
  stride: usize,
  scale: f32,
): void {
  for (; rows > 0; rows--, data += stride << 2) softmaxRow(data, columns, scale);
}

export function softmaxRow(row: usize, columns: usize, scale: f32): void {
  const end4 = row + ((columns & ~3) << 2);
  const end = row + (columns << 2);
  const maximum = f32x4.splat(rowMaximum(row, end4, end));
  const scales = f32x4.splat(scale);
  let sums = f32x4.splat(0);
  let p = row;
  for (; p < end4; p += 16) {
    const e = expF32x4(f32x4.mul(f32x4.sub(v128.load(p), maximum), scales));
    v128.store(p, e);
    sums = f32x4.add(sums, e);
  }
  let sum = sumOfLanes(sums);
  for (; p < end; p += 4) {
    const e = f32x4.extract_lane(
      expF32x4(f32x4.mul(f32x4.sub(v128.load32_splat(p), maximum), scales)),
      0,
    );
    store<f32>(p, e);
    sum += e;
  }
  const inverse: f32 = 1 / sum;
  const inverses = f32x4.splat(inverse);
  for (p = row; p < end4; p += 16) v128.store(p, f32x4.mul(v128.load(p), inverses));
  for (; p < end; p += 4) store<f32>(p, load<f32>(p) * inverse);
}

function rowMaximum(p: usize, end4: usize, end: usize): f32 {
  let maxima = f32x4.splat(-Infinity);
  for (; p < end4; p += 16) maxima = f32x4.max(maxima, v128.load(p));
  let maximum = largestLane(maxima);
  for (; p < end; p += 4) maximum = max(maximum, load<f32>(p));
  return maximum;
}
