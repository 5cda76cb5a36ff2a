// A few rows of activation codes by one int8 panel: the loops, whatever multiplies.
//
// What multiplies is a type, so that each has loops of its own: a class that is never made, whose methods
// are inlined. It has
//   rows                              how many a tile takes at the most
//   add(sums, weights, codes, ones)   sums plus the products of 4 columns, 16 bytes each;
//                                     ones: int16, made before the loop

import { PanelProduct } from "./panel-product";
import { CODE_BYTES } from "./quantise";
import { rowCount } from "./row-count";
import { storeRow } from "./store-row";

/**
 * As multiplyPanel, for so many of its rows. panel: in plain SIMD as widenPanel makes it. codes, rowScales,
 * output: those of the first row.
 */
export function multiplyTile<Dot, Rows>(
  product: PanelProduct,
  panel: usize,
  codes: usize,
  rowScales: usize,
  output: usize,
): void {
  const dot = changetype<Dot>(0);
  const codeStride = product.codeStride;
  const sums = product.sums;
  let a0 = codes;
  let a1 = a0 + codeStride;
  let a2 = a1 + codeStride;
  let a3 = a2 + codeStride;
  let a4 = a3 + codeStride;
  let a5 = a4 + codeStride;
  let s00 = startValue(sums, 0);
  let s01 = startValue(sums, 16);
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  let s40 = s00;
  let s41 = s01;
  let s50 = s00;
  let s51 = s01;
  const ones = i16x8.splat(1);
  const end = panel + (product.depth << 3) * CODE_BYTES;
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a0);
    s00 = dot.add(s00, b0, x, ones);
    s01 = dot.add(s01, b1, x, ones);
    x = v128.load32_splat(a1);
    s10 = dot.add(s10, b0, x, ones);
    s11 = dot.add(s11, b1, x, ones);
    if (rowCount<Rows>() > 2) {
      x = v128.load32_splat(a2);
      s20 = dot.add(s20, b0, x, ones);
      s21 = dot.add(s21, b1, x, ones);
    }
    if (rowCount<Rows>() > 3) {
      x = v128.load32_splat(a3);
      s30 = dot.add(s30, b0, x, ones);
      s31 = dot.add(s31, b1, x, ones);
    }
    if (rowCount<Rows>() > 4) {
      x = v128.load32_splat(a4);
      s40 = dot.add(s40, b0, x, ones);
      s41 = dot.add(s41, b1, x, ones);
    }
    if (rowCount<Rows>() > 5) {
      x = v128.load32_splat(a5);
      s50 = dot.add(s50, b0, x, ones);
      s51 = dot.add(s51, b1, x, ones);
    }
    a0 += 4;
    a1 += 4;
    if (rowCount<Rows>() > 2) a2 += 4;
    if (rowCount<Rows>() > 3) a3 += 4;
    if (rowCount<Rows>() > 4) a4 += 4;
    if (rowCount<Rows>() > 5) a5 += 4;
    panel += 32;
  }
  const columnScales = product.columnScales;
  const bias = product.bias;
  const outputStride = product.outputStride;
  const mode = product.mode;
  storeRow(s00, s01, rowScales, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s10, s11, rowScales + 4, columnScales, bias, output, mode);
  if (rowCount<Rows>() > 2) {
    output += outputStride;
    storeRow(s20, s21, rowScales + 8, columnScales, bias, output, mode);
  }
  if (rowCount<Rows>() > 3) {
    output += outputStride;
    storeRow(s30, s31, rowScales + 12, columnScales, bias, output, mode);
  }
  if (rowCount<Rows>() > 4) {
    output += outputStride;
    storeRow(s40, s41, rowScales + 16, columnScales, bias, output, mode);
  }
  if (rowCount<Rows>() > 5) {
    output += outputStride;
    storeRow(s50, s51, rowScales + 20, columnScales, bias, output, mode);
  }
}

/**
 * The same for a single row, in relaxed SIMD: four quads of inputs at a time, so that sums do not wait for
 * each other.
 */
export function multiplyRow<Dot>(
  product: PanelProduct,
  codes: usize,
  rowScales: usize,
  output: usize,
): void {
  const dot = changetype<Dot>(0);
  const depth = product.depth;
  const sums = product.sums;
  let panel = product.panel;
  let s0 = startValue(sums, 0);
  let s1 = startValue(sums, 16);
  let t0 = i32x4.splat(0);
  let t1 = i32x4.splat(0);
  let u0 = i32x4.splat(0);
  let u1 = i32x4.splat(0);
  let w0 = i32x4.splat(0);
  let w1 = i32x4.splat(0);
  const ones = i16x8.splat(1);
  const end = codes + depth;
  const end4 = codes + (depth & ~15);
  while (codes < end4) {
    let x = v128.load32_splat(codes);
    s0 = dot.add(s0, v128.load(panel), x, ones);
    s1 = dot.add(s1, v128.load(panel, 16), x, ones);
    x = v128.load32_splat(codes, 4);
    t0 = dot.add(t0, v128.load(panel, 32), x, ones);
    t1 = dot.add(t1, v128.load(panel, 48), x, ones);
    x = v128.load32_splat(codes, 8);
    u0 = dot.add(u0, v128.load(panel, 64), x, ones);
    u1 = dot.add(u1, v128.load(panel, 80), x, ones);
    x = v128.load32_splat(codes, 12);
    w0 = dot.add(w0, v128.load(panel, 96), x, ones);
    w1 = dot.add(w1, v128.load(panel, 112), x, ones);
    codes += 16;
    panel += 128;
  }
  while (codes < end) {
    const x = v128.load32_splat(codes);
    s0 = dot.add(s0, v128.load(panel), x, ones);
    s1 = dot.add(s1, v128.load(panel, 16), x, ones);
    codes += 4;
    panel += 32;
  }
  s0 = i32x4.add(i32x4.add(s0, t0), i32x4.add(u0, w0));
  s1 = i32x4.add(i32x4.add(s1, t1), i32x4.add(u1, w1));
  storeRow(s0, s1, rowScales, product.columnScales, product.bias, output, product.mode);
}

/** What sums begin with: -64 times the sum of each column's weights, the excess of codes with offset. */
// @ts-ignore: decorator
@inline
function startValue(sums: usize, offset: usize): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD || sums == 0) return i32x4.splat(0);
  return i32x4.neg(v128.load(sums + offset));
}
