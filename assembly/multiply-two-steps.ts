// Relaxed SIMD where the dot product of 4 int8 inputs is made of two: pairs into int16, then their
// sums into int32. Written out, the vector of ones that the second step multiplies by is made once and
// not for every product; measured a quarter faster on x64 without VNNI.

import { startValue } from "./start-value";
import { storeRow } from "./store-row";

/**
 * Whether the dot product has two steps here: told by what it does out of its portable range, where
 * 2 * 127 * 255 exceeds int16. It only says which of two kernels is faster: both are right everywhere.
 */
// @ts-ignore: decorator
@inline
export function dotHasTwoSteps(): bool {
  const sums = i32x4.relaxed_dot_i8x16_i7x16_add_s(
    i8x16.splat(127),
    i8x16.splat(-1),
    i32x4.splat(0),
  );
  return i32x4.extract_lane(sums, 0) == 2 * 32767;
}

export function multiply5TwoSteps(
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
  const ones = i16x8.splat(1);
  const end = panel + (depth << 3);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a0);
    s00 = i32x4.add(s00, dotTwoSteps(b0, x, ones));
    s01 = i32x4.add(s01, dotTwoSteps(b1, x, ones));
    x = v128.load32_splat(a1);
    s10 = i32x4.add(s10, dotTwoSteps(b0, x, ones));
    s11 = i32x4.add(s11, dotTwoSteps(b1, x, ones));
    x = v128.load32_splat(a2);
    s20 = i32x4.add(s20, dotTwoSteps(b0, x, ones));
    s21 = i32x4.add(s21, dotTwoSteps(b1, x, ones));
    x = v128.load32_splat(a3);
    s30 = i32x4.add(s30, dotTwoSteps(b0, x, ones));
    s31 = i32x4.add(s31, dotTwoSteps(b1, x, ones));
    x = v128.load32_splat(a4);
    s40 = i32x4.add(s40, dotTwoSteps(b0, x, ones));
    s41 = i32x4.add(s41, dotTwoSteps(b1, x, ones));
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
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
}

/** Four quads of inputs at a time. */
export function multiply1TwoSteps(
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
  const ones = i16x8.splat(1);
  const end = codes + depth;
  const end4 = codes + (depth & ~15);
  while (codes < end4) {
    let x = v128.load32_splat(codes);
    s0 = i32x4.add(s0, dotTwoSteps(v128.load(panel), x, ones));
    s1 = i32x4.add(s1, dotTwoSteps(v128.load(panel, 16), x, ones));
    x = v128.load32_splat(codes, 4);
    t0 = i32x4.add(t0, dotTwoSteps(v128.load(panel, 32), x, ones));
    t1 = i32x4.add(t1, dotTwoSteps(v128.load(panel, 48), x, ones));
    x = v128.load32_splat(codes, 8);
    u0 = i32x4.add(u0, dotTwoSteps(v128.load(panel, 64), x, ones));
    u1 = i32x4.add(u1, dotTwoSteps(v128.load(panel, 80), x, ones));
    x = v128.load32_splat(codes, 12);
    w0 = i32x4.add(w0, dotTwoSteps(v128.load(panel, 96), x, ones));
    w1 = i32x4.add(w1, dotTwoSteps(v128.load(panel, 112), x, ones));
    codes += 16;
    panel += 128;
  }
  while (codes < end) {
    const x = v128.load32_splat(codes);
    s0 = i32x4.add(s0, dotTwoSteps(v128.load(panel), x, ones));
    s1 = i32x4.add(s1, dotTwoSteps(v128.load(panel, 16), x, ones));
    codes += 4;
    panel += 32;
  }
  s0 = i32x4.add(i32x4.add(s0, t0), i32x4.add(u0, w0));
  s1 = i32x4.add(i32x4.add(s1, t1), i32x4.add(u1, w1));
  storeRow(s0, s1, rowScales, columnScales, bias, output, mode);
}

/** Pairs of products of an int8 and a 7-bit number never exceed int16. */
// @ts-ignore: decorator
@inline
function dotTwoSteps(weights: v128, codes: v128, ones: v128): v128 {
  return i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(weights, codes), ones);
}
