// What all linear layers do: how they are cut into tiles, many rows by rows, few by panels of 8 outputs; and
// what they do to each row of their input first, while it lies in the cache.

import { fastGeluF32, geluF32 } from "../math/gelu";
import { layerNormRowsF32 } from "../math/layer-norm";

/** Rows of a tile, a multiple of what the matrix products take at a time. */
export const TILE_ROWS: usize = 60;
/** Fewer rows than this are shared out by panels. */
export const MANY_ROWS: usize = 24;
/** Weights of a tile of panels: waking a thread costs what reading some hundred kilobytes does. */
const TILE_WEIGHT_BYTES: usize = 131072;

/** Panels of a tile. */
// @ts-ignore: decorator
@inline
export function tilePanels(panelBytes: usize): usize {
  return max<usize>(1, TILE_WEIGHT_BYTES / panelBytes);
}

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
