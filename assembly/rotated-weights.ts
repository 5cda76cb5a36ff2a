// The weights of a rotated linear layer as kernels find them in memory; the host writes the fields.

/** y = scale * (R x') + bias, x' = H D x: R quantised in panels of 8 outputs. All fields are u32. */
@unmanaged
export class RotatedWeights {
  /** Width of the input. */
  inner: usize;
  /** `inner` rounded up to 32: the length of a row of codes; what is beyond is 0. */
  depth: usize;
  /** Width of the output. */
  columns: usize;
  /** [ceil(columns / 8)] panels as packRowsInt8 or packRowsInt4 make them. */
  panels: usize;
  /** int8: F32 [columns rounded up to 8]. */
  scales: usize;
  /** int8: I32 likewise, 64 times the sum of the column's weights. */
  sums: usize;
  /** F32 [columns], 0 for none. */
  bias: usize;
  /** 8 or 4. */
  bits: usize;
  /** U32 [inner]: D as rotateRowsF32 wants it. */
  signs: usize;
}
