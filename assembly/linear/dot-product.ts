// What multiplies activation codes by int8 weights, four inputs at a time: types that are never made, whose
// methods are inlined (multiply-tile.ts).

import { addPairs } from "../math/lanes";
import { PanelProduct } from "./panel-product";
import { storeRow } from "./store-row";

/** Relaxed SIMD where the dot product of 4 int8 inputs into int32 is one instruction (ARM's, x64's VNNI). */
export class OneStep {
  /** 12 sums, 2 vectors of the panel and 1 of codes are the 15 registers there are. */
  @inline get rows(): usize {
    return 6;
  }

  @inline add(sums: v128, weights: v128, codes: v128, ones: v128): v128 {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, codes, sums);
  }
}

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

/**
 * Relaxed SIMD where the dot product of 4 int8 inputs is made of two: pairs into int16, then their sums into
 * int32. Written out, the vector of ones that the second step multiplies by is made once and not for
 * every product; measured a quarter faster on x64 without VNNI.
 */
export class TwoSteps {
  @inline get rows(): usize {
    return 5;
  }

  /** Pairs of products of an int8 and a 7-bit number never exceed int16. */
  @inline add(sums: v128, weights: v128, codes: v128, ones: v128): v128 {
    const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(weights, codes);
    return i32x4.add(sums, i32x4.dot_i16x8_s(pairs, ones));
  }
}

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

/** Without relaxed SIMD: int16 products of a panel that widenPanel made. */
export class Plain {
  /** A product needs a register of its own. */
  @inline get rows(): usize {
    return 4;
  }

  @inline add(sums: v128, weights: v128, codes: v128, ones: v128): v128 {
    return i32x4.add(sums, i32x4.dot_i16x8_s(codes, weights));
  }
}

/** From the int8 panel itself: for one row, widening it first would be the greater part of the work. */
export function multiplyRowPlain(
  product: PanelProduct,
  codes: usize,
  rowScales: usize,
  output: usize,
): void {
  // Each sum holds two columns, two partial sums of each.
  let s01 = i32x4.splat(0);
  let s23 = s01;
  let s45 = s01;
  let s67 = s01;
  let panel = product.panel;
  const end = panel + (product.depth << 3);
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
  storeRow(s0, s1, rowScales, product.columnScales, product.bias, output, product.mode);
}
