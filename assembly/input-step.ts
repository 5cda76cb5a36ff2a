// What a linear layer does to each row of its input first, while the row lies in the cache.

import { fastGeluF32 } from "./fast-gelu";
import { geluF32 } from "./gelu";
import { layerNormRowsF32 } from "./layer-norm";

/** Layer norm by weight and bias F32 [inner]. */
const NORM: u32 = 1;
const GELU: u32 = 2;
const FAST_GELU: u32 = 3;

/**
 * output = step(input) of one row of `inner` float32. step: 0 nothing, 1 layer norm, 2 GELU, 3 GELU to
 * 4e-5 for what is rounded next.
 */
export function applyInputStep(
  step: u32,
  normWeight: usize,
  normBias: usize,
  input: usize,
  inner: usize,
  output: usize,
): void {
  if (step == NORM) {
    layerNormRowsF32(input, 1, inner, normWeight, normBias, output);
    return;
  }
  if (step == FAST_GELU) {
    fastGeluF32(input, inner, output);
    return;
  }
  memory.copy(output, input, inner << 2);
  if (step == GELU) geluF32(output, inner);
}

/** The same for rows [rows, inner] of input and output, one after the other. */
export function inputStepRowsF32(
  step: u32,
  normWeight: usize,
  normBias: usize,
  input: usize,
  rows: usize,
  inner: usize,
  output: usize,
): void {
  for (const bytes = inner << 2; rows > 0; rows--, input += bytes, output += bytes) {
    applyInputStep(step, normWeight, normBias, input, inner, output);
  }
}
