// Without relaxed SIMD: int16 products. Many rows are multiplied by a panel widened to int16 first, 4 at
// a time, since every product needs a register of its own.

import { storeRow } from "./store-row";

/** The int8 panel as int16 in pairs of inputs: [depth / 2][8 columns][2 inputs]. */
export function widenPanel(panel: usize, depth: usize, widened: usize): void {
  for (const end = panel + (depth << 3); panel < end; panel += 32, widened += 64) {
    const c01 = v128.load8x8_s(panel);
    const c23 = v128.load8x8_s(panel, 8);
    const c45 = v128.load8x8_s(panel, 16);
    const c67 = v128.load8x8_s(panel, 24);
    v128.store(widened, v128.shuffle<i32>(c01, c23, 0, 2, 4, 6));
    v128.store(widened, v128.shuffle<i32>(c45, c67, 0, 2, 4, 6), 16);
    v128.store(widened, v128.shuffle<i32>(c01, c23, 1, 3, 5, 7), 32);
    v128.store(widened, v128.shuffle<i32>(c45, c67, 1, 3, 5, 7), 48);
  }
}

export function multiply4Plain(
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  widened: usize,
  depth: usize,
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
  let s00 = i32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = widened + (depth << 4);
  while (widened < end) {
    const b0 = v128.load(widened);
    const b1 = v128.load(widened, 16);
    let x = v128.load32_splat(a0);
    s00 = i32x4.add(s00, i32x4.dot_i16x8_s(x, b0));
    s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a1);
    s10 = i32x4.add(s10, i32x4.dot_i16x8_s(x, b0));
    s11 = i32x4.add(s11, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a2);
    s20 = i32x4.add(s20, i32x4.dot_i16x8_s(x, b0));
    s21 = i32x4.add(s21, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a3);
    s30 = i32x4.add(s30, i32x4.dot_i16x8_s(x, b0));
    s31 = i32x4.add(s31, i32x4.dot_i16x8_s(x, b1));
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    widened += 32;
  }
  storeRow(s00, s01, rowScales, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s10, s11, rowScales + 4, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s20, s21, rowScales + 8, columnScales, bias, output, mode);
  output += outputStride;
  storeRow(s30, s31, rowScales + 12, columnScales, bias, output, mode);
}

/** From the int8 panel itself: for one row, widening it first would be the greater part of the work. */
export function multiply1Plain(
  codes: usize,
  rowScales: usize,
  panel: usize,
  depth: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  mode: u32,
): void {
  // Each sum holds two columns, two partial sums of each.
  let s01 = i32x4.splat(0);
  let s23 = s01;
  let s45 = s01;
  let s67 = s01;
  const end = panel + (depth << 3);
  while (panel < end) {
    const x = v128.load64_splat(codes);
    s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, v128.load8x8_s(panel)));
    s23 = i32x4.add(s23, i32x4.dot_i16x8_s(x, v128.load8x8_s(panel, 8)));
    s45 = i32x4.add(s45, i32x4.dot_i16x8_s(x, v128.load8x8_s(panel, 16)));
    s67 = i32x4.add(s67, i32x4.dot_i16x8_s(x, v128.load8x8_s(panel, 24)));
    codes += 8;
    panel += 32;
  }
  const s0 = addPairs(s01, s23);
  const s1 = addPairs(s45, s67);
  storeRow(s0, s1, rowScales, columnScales, bias, output, mode);
}

// @ts-ignore: decorator
@inline
function addPairs(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}
