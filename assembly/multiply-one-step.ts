// Relaxed SIMD where the dot product of 4 int8 inputs into int32 is one instruction (ARM's, x64's VNNI).
// 6 rows at a time: 12 sums, 2 vectors of the panel and 1 of codes are the 15 registers there are.

import { startValue } from "./start-value";
import { storeRow } from "./store-row";

export function multiply6OneStep(
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
  const end = panel + (depth << 3);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a0);
    s00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s00);
    s01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s01);
    x = v128.load32_splat(a1);
    s10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s10);
    s11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s11);
    x = v128.load32_splat(a2);
    s20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s20);
    s21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s21);
    x = v128.load32_splat(a3);
    s30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s30);
    s31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s31);
    x = v128.load32_splat(a4);
    s40 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s40);
    s41 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s41);
    x = v128.load32_splat(a5);
    s50 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, x, s50);
    s51 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, x, s51);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
    panel += 32;
  }
  storeRow(s00, s01, rowScales, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s10, s11, rowScales + 4, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s20, s21, rowScales + 8, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s30, s31, rowScales + 12, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s40, s41, rowScales + 16, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s50, s51, rowScales + 20, columnScales, bias, output, mode);
}

/** Four quads of inputs at a time. */
export function multiply1OneStep(
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
  let s0 = startValue(sums, 0);
  let s1 = startValue(sums, 16);
  let t0 = i32x4.splat(0);
  let t1 = i32x4.splat(0);
  let u0 = i32x4.splat(0);
  let u1 = i32x4.splat(0);
  let w0 = i32x4.splat(0);
  let w1 = i32x4.splat(0);
  const end = codes + depth;
  const end4 = codes + (depth & ~15);
  while (codes < end4) {
    let x = v128.load32_splat(codes);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel), x, s0);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 16), x, s1);
    x = v128.load32_splat(codes, 4);
    t0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 32), x, t0);
    t1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 48), x, t1);
    x = v128.load32_splat(codes, 8);
    u0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 64), x, u0);
    u1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 80), x, u1);
    x = v128.load32_splat(codes, 12);
    w0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 96), x, w0);
    w1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 112), x, w1);
    codes += 16;
    panel += 128;
  }
  while (codes < end) {
    const x = v128.load32_splat(codes);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel), x, s0);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(panel, 16), x, s1);
    codes += 4;
    panel += 32;
  }
  s0 = i32x4.add(i32x4.add(s0, t0), i32x4.add(u0, w0));
  s1 = i32x4.add(i32x4.add(s1, t1), i32x4.add(u1, w1));
  storeRow(s0, s1, rowScales, columnScales, bias, output, mode);
}
