/** Rows of activation codes by one panel of 8 int8 columns, as multiplyPanel is asked for them. All fields are u32. */
@unmanaged
export class PanelProduct {
  /** [rows, depth] as quantise.ts makes them. */
  codes: usize;
  /** Bytes between rows of codes. */
  codeStride: usize;
  /** F32 [rows]. */
  rowScales: usize;
  rows: usize;
  /** I8 [depth / 4][8 columns][4 inputs]. */
  panel: usize;
  /** A multiple of 4. */
  depth: usize;
  /** I32 [8], 64 times each column's sum of weights; 0 where codes have no offset (0 .. 127). */
  sums: usize;
  /** F32 [8], 0 for ones. */
  columnScales: usize;
  /** F32 [8], 0 for none. */
  bias: usize;
  /** F32 [rows, 8]; all 8 columns are stored. */
  output: usize;
  /** Bytes between rows of the output. */
  outputStride: usize;
  /** ACCUMULATE (store-row.ts) or 0. */
  mode: u32;
  /** Scratch of depth * 16 bytes, used by plain SIMD only. */
  widened: usize;
}

/** Room for one, before what is to be aligned. */
export const PANEL_PRODUCT_BYTES: usize = 64;
