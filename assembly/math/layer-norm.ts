// Layer normalisation of rows: (x - mean) / sqrt(variance + epsilon) * weight + bias.

import { sumOfLanes } from "./lanes";

const EPSILON: f32 = 1e-5;

/** input, output: [rows, width], may be the same; weight, bias: [width]. Two passes for precision. */
export function layerNormRowsF32(
  input: usize,
  rows: usize,
  width: usize,
  weight: usize,
  bias: usize,
  output: usize,
): void {
  const bytes = width << 2;
  const bytes4 = (width & ~3) << 2;
  for (; rows > 0; rows--, input += bytes, output += bytes) {
    const mean = rowSum(input, bytes4, bytes) / <f32>width;
    const variance = rowSquares(input, bytes4, bytes, mean) / <f32>width;
    const inverse: f32 = 1 / sqrt<f32>(variance + EPSILON);
    const means = f32x4.splat(mean);
    const inverses = f32x4.splat(inverse);
    let at: usize = 0;
    for (; at < bytes4; at += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(input + at), means), inverses);
      v128.store(
        output + at,
        f32x4.add(f32x4.mul(normal, v128.load(weight + at)), v128.load(bias + at)),
      );
    }
    for (; at < bytes; at += 4) {
      const normal: f32 = (load<f32>(input + at) - mean) * inverse;
      store<f32>(output + at, normal * load<f32>(weight + at) + load<f32>(bias + at));
    }
  }
}

function rowSum(row: usize, bytes4: usize, bytes: usize): f32 {
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < bytes4; at += 16) sums = f32x4.add(sums, v128.load(row + at));
  let sum = sumOfLanes(sums);
  for (; at < bytes; at += 4) sum += load<f32>(row + at);
  return sum;
}

function rowSquares(row: usize, bytes4: usize, bytes: usize, mean: f32): f32 {
  const means = f32x4.splat(mean);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < bytes4; at += 16) {
    const difference = f32x4.sub(v128.load(row + at), means);
    sums = f32x4.add(sums, f32x4.mul(difference, difference));
  }
  let sum = sumOfLanes(sums);
  for (; at < bytes; at += 4) {
    const difference = load<f32>(row + at) - mean;
    sum += difference * difference;
  }
  return sum;
}
