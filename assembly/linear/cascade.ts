// The cascade layer: K times permute, scale and Walsh-Hadamard transform stand for a dense matrix.

import { fwhtRowsF32 } from "../hadamard/fwht";
import { addF32 } from "../math/add";

/** The host writes the fields. All are u32. */
@unmanaged
class CascadeWeights {
  inputWidth: usize;
  outputWidth: usize;
  /** K. */
  stages: usize;
  /** A power of two, at least both widths. */
  n: usize;
  /** F32 [K, n]. */
  scales: usize;
  /** I32 [K, n], every index below n. */
  permutations: usize;
  /** F32 [outputWidth], 0 for none. */
  bias: usize;
}

/**
 * Each row of input [rows, inputWidth] is padded with zeros to n and goes K times through
 * x <- FWHT(scales[k] * x[permutations[k]]) / sqrt(n); its first outputWidth values plus bias become
 * a row of output [rows, outputWidth], `outputStride` f32 between rows, or are added to it.
 *
 * scratch: 2 n f32. output may not overlap input.
 */
export function cascadeRowsF32(
  input: usize,
  rows: usize,
  weights: CascadeWeights,
  output: usize,
  outputStride: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const n = weights.n;
  const outputWidth = weights.outputWidth;
  const stageBytes = n << 2;
  const inputBytes = weights.inputWidth << 2;
  const orthonormal: f32 = 1 / sqrt<f32>(<f32>n);
  for (; rows > 0; rows--, input += inputBytes, output += outputStride << 2) {
    let x = scratch;
    let y = scratch + stageBytes;
    memory.copy(x, input, inputBytes);
    memory.fill(x + inputBytes, 0, stageBytes - inputBytes);
    for (let stage: usize = 0; stage < weights.stages; stage++) {
      const offset = stage * stageBytes;
      gatherScaled(x, weights.permutations + offset, weights.scales + offset, n, y);
      fwhtRowsF32(y, 1, n, orthonormal);
      const swap = x;
      x = y;
      y = swap;
    }
    if (weights.bias != 0) addF32(x, weights.bias, outputWidth);
    if (accumulate) addF32(output, x, outputWidth);
    else memory.copy(output, x, outputWidth << 2);
  }
}

/** target[i] = scales[i] * source[indices[i]]. */
function gatherScaled(
  source: usize,
  indices: usize,
  scales: usize,
  count: usize,
  target: usize,
): void {
  const end4 = target + ((count & ~3) << 2);
  const end = target + (count << 2);
  for (; target < end4; target += 16, indices += 16, scales += 16) {
    let v = v128.load32_zero(source + (load<u32>(indices) << 2));
    v = v128.load32_lane(source + (load<u32>(indices, 4) << 2), v, 1);
    v = v128.load32_lane(source + (load<u32>(indices, 8) << 2), v, 2);
    v = v128.load32_lane(source + (load<u32>(indices, 12) << 2), v, 3);
    v128.store(target, f32x4.mul(v, v128.load(scales)));
  }
  for (; target < end; target += 4, indices += 4, scales += 4) {
    store<f32>(target, load<f32>(scales) * load<f32>(source + (load<u32>(indices) << 2)));
  }
}
