// The end of every row of the int8 matrix products: a panel's 8 sums become float32 outputs.

/** The mode that adds to what the output holds; 0 replaces it. */
export const ACCUMULATE: u32 = 1;

/**
 * output[j] = (ACCUMULATE ? output[j] : 0) + bias[j] + rowScale * columnScales[j] * s[j], j = 0 .. 7.
 * rowScale: F32 [1]. columnScales: F32 [8], 0 for ones. bias: F32 [8], 0 for none.
 */
// @ts-ignore: decorator
@inline
export function storeRow(
  s0: v128,
  s1: v128,
  rowScale: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  mode: u32,
): void {
  let scale0 = v128.load32_splat(rowScale);
  let scale1 = scale0;
  if (columnScales != 0) {
    scale0 = f32x4.mul(scale0, v128.load(columnScales));
    scale1 = f32x4.mul(scale1, v128.load(columnScales, 16));
  }
  const y0 = f32x4.mul(f32x4.convert_i32x4_s(s0), scale0);
  const y1 = f32x4.mul(f32x4.convert_i32x4_s(s1), scale1);
  storeColumns(y0, y1, bias, output, mode);
}

/** output[j] = (ACCUMULATE ? output[j] : 0) + bias[j] + y[j], as above. */
// @ts-ignore: decorator
@inline
export function storeColumns(y0: v128, y1: v128, bias: usize, output: usize, mode: u32): void {
  if (bias != 0) {
    y0 = f32x4.add(y0, v128.load(bias));
    y1 = f32x4.add(y1, v128.load(bias, 16));
  }
  if (mode & ACCUMULATE) {
    y0 = f32x4.add(y0, v128.load(output));
    y1 = f32x4.add(y1, v128.load(output, 16));
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
}
