// A row's mean, taken out before it is quantised. GELU's values are mostly positive; rotated, their mean
// is a single coefficient of sqrt(n) times its size, beside which all others would round to little. So
//   W x = W (x - mean 1) + mean W 1,
// where the last term is not rounded.
//
// H 1 is zero but at the first place of each of H's Sylvester blocks: the mean of a rotated row can be
// read from these few places, and taken out of them.

import { blockLength } from "./hadamard";
import { RotatedWeights } from "./rotated-weights";
import { dequantiseRow } from "./unpack-weights";

/**
 * Takes the mean out of a rotated row H x, in place.
 * ones: F32 [inner], H 1. @returns the mean of x
 */
export function removeMean(row: usize, inner: usize, ones: usize): f32 {
  const step = blockLength(inner) << 2;
  const bytes = inner << 2;
  let sum: f32 = 0;
  for (let at: usize = 0; at < bytes; at += step) sum += load<f32>(row + at) * load<f32>(ones + at);
  const mean: f32 = sum / <f32>inner;
  for (let at: usize = 0; at < bytes; at += step) {
    store<f32>(row + at, load<f32>(row + at) - mean * load<f32>(ones + at));
  }
  return mean;
}

/** output[r, j] += means[r] * rowSums[j] for the 8 columns of a panel; `outputStride` bytes. */
export function addMeans(
  means: usize,
  rows: usize,
  rowSums: usize,
  output: usize,
  outputStride: usize,
): void {
  const w0 = v128.load(rowSums);
  const w1 = v128.load(rowSums, 16);
  for (; rows > 0; rows--, means += 4, output += outputStride) {
    const mean = v128.load32_splat(means);
    v128.store(output, f32x4.add(v128.load(output), f32x4.mul(mean, w0)));
    v128.store(output, f32x4.add(v128.load(output, 16), f32x4.mul(mean, w1)), 16);
  }
}

/** Fills weights.rowSums, W 1 = R (H 1), from the packed weights. scratch: F32 [inner]. */
export function sumRotatedRows(weights: RotatedWeights, scratch: usize): void {
  const inner = weights.inner;
  const step = blockLength(inner) << 2;
  const bytes = inner << 2;
  for (let column: usize = 0; column < weights.columns; column++) {
    dequantiseRow(
      weights.panels,
      weights.scales,
      weights.bits,
      weights.depth,
      inner,
      column,
      scratch,
    );
    let sum: f32 = 0;
    for (let at: usize = 0; at < bytes; at += step) {
      sum += load<f32>(scratch + at) * load<f32>(weights.ones + at);
    }
    store<f32>(weights.rowSums + (column << 2), sum);
  }
}
