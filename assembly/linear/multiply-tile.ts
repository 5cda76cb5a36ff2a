// A few rows of activation codes by one int8 panel: the loops, whatever multiplies.
//
// What multiplies is a type, so that each has loops of its own: a class that is never made, whose methods
// are inlined. It has
//   rows                              how many a tile takes at the most
//   add(sums, weights, codes, ones)   sums plus the products of 4 columns, 16 bytes each;
//                                     ones: int16, made before the loop

import { CODE_BYTES } from "./quantise";
import { rowCount } from "./row-count";
import { storeRow } from "./store-row";

/** As multiplyPanel, for as many rows as the product takes. panel: in plain SIMD as widenPanel makes it. */
export function multiplyTile<Product, Rows>(
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  const product = changetype<Product>(0);
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
  const end = panel + (depth << 3) * CODE_BYTES;
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a0);
    s00 = product.add(s00, b0, x, ones);
    s01 = product.add(s01, b1, x, ones);
    x = v128.load32_splat(a1);
    s10 = product.add(s10, b0, x, ones);
    s11 = product.add(s11, b1, x, ones);
    if (rowCount<Rows>() > 2) {
      x = v128.load32_splat(a2);
      s20 = product.add(s20, b0, x, ones);
      s21 = product.add(s21, b1, x, ones);
    }
    if (rowCount<Rows>() > 3) {
      x = v128.load32_splat(a3);
      s30 = product.add(s30, b0, x, ones);
      s31 = product.add(s31, b1, x, ones);
    }
    if (rowCount<Rows>() > 4) {
      x = v128.load32_splat(a4);
      s40 = product.add(s40, b0, x, ones);
      s41 = product.add(s41, b1, x, ones);
    }
    if (rowCount<Rows>() > 5) {
      x = v128.load32_splat(a5);
      s50 = product.add(s50, b0, x, ones);
      s51 = product.add(s51, b1, x, ones);
    }
    a0 += 4;
    a1 += 4;
    if (rowCount<Rows>() > 2) a2 += 4;
    if (rowCount<Rows>() > 3) a3 += 4;
    if (rowCount<Rows>() > 4) a4 += 4;
    if (rowCount<Rows>() > 5) a5 += 4;
    panel += 32;
  }
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
export function multiplyRow<Product>(
  codes: usize,
  rowScales: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  mode: u32,
): void {
  const product = changetype<Product>(0);
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
    s0 = product.add(s0, v128.load(panel), x, ones);
    s1 = product.add(s1, v128.load(panel, 16), x, ones);
    x = v128.load32_splat(codes, 4);
    t0 = product.add(t0, v128.load(panel, 32), x, ones);
    t1 = product.add(t1, v128.load(panel, 48), x, ones);
    x = v128.load32_splat(codes, 8);
    u0 = product.add(u0, v128.load(panel, 64), x, ones);
    u1 = product.add(u1, v128.load(panel, 80), x, ones);
    x = v128.load32_splat(codes, 12);
    w0 = product.add(w0, v128.load(panel, 96), x, ones);
    w1 = product.add(w1, v128.load(panel, 112), x, ones);
    codes += 16;
    panel += 128;
  }
  while (codes < end) {
    const x = v128.load32_splat(codes);
    s0 = product.add(s0, v128.load(panel), x, ones);
    s1 = product.add(s1, v128.load(panel, 16), x, ones);
    codes += 4;
    panel += 32;
  }
  s0 = i32x4.add(i32x4.add(s0, t0), i32x4.add(u0, w0));
  s1 = i32x4.add(i32x4.add(s1, t1), i32x4.add(u1, w1));
  storeRow(s0, s1, rowScales, columnScales, bias, output, mode);
}

/** What sums begin with: -64 times the sum of each column's weights, the excess of codes with offset. */
// @ts-ignore: decorator
@inline
function startValue(sums: usize, offset: usize): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD || sums == 0) return i32x4.splat(0);
  return i32x4.neg(v128.load(sums + offset));
}
