// One row of activation codes by one 4-bit panel (pack-weights.ts) straight from its nibbles: the
// matrix product of a decoder step, at the pace at which weights come from memory.
//
// A nibble is code + 8, 0 .. 15, which suits the relaxed dot's operand of 7 bits, so activations
// are the signed one. The nibbles' excess, 8 times the sum of a group's activations, is in the
// start value of that group's sum. It and the signed codes are made once a row.

import { addPairs, addQuads } from "../math/lanes";
import { dotHasTwoSteps } from "./dot-product";
import { addScaled, highNibbles, lowNibbles, pairs, storeScaled } from "./nibbles";
import { GROUP_BYTES, panelBytesInt4 } from "./pack-weights";
import { PanelProduct } from "./panel-product";
import { CODE_BYTES } from "./quantise";
import { GROUP } from "./quantise-weights";

/** A group of a prepared row: its codes, then -8 times their sum in each of 4 lanes. */
export const START: usize = GROUP * CODE_BYTES;
export const PREPARED_GROUP_BYTES: usize = START + 16;

/** Bytes of a prepared row. */
// @ts-ignore: decorator
@inline
export function preparedBytes(depth: usize): usize {
  return (depth / GROUP) * PREPARED_GROUP_BYTES;
}

/** codes: `depth` codes as quantiseRow makes them. prepared: [depth / 32] groups. */
export function prepareRowInt4(codes: usize, depth: usize, prepared: usize): void {
  const end = prepared + preparedBytes(depth);
  for (; prepared < end; codes += START, prepared += PREPARED_GROUP_BYTES) {
    let sum = i32x4.splat(0);
    for (let at: usize = 0; at < START; at += 16) {
      let x = v128.load(codes + at);
      if (ASC_FEATURE_RELAXED_SIMD) {
        x = i8x16.sub(x, i8x16.splat(64));
        sum = i32x4.add(sum, addQuads(x));
      } else {
        sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(x));
      }
      v128.store(prepared + at, x);
    }
    sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
    v128.store(prepared, i32x4.neg(i32x4.shl(sum, 3)), START);
  }
}

/** One row of multiplyPanelInt4. */
export function multiplyRowInt4(
  product: PanelProduct,
  prepared: usize,
  rowScale: usize,
  output: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (dotHasTwoSteps()) multiplyInt16Sums(product, prepared, rowScale, output);
    else multiplyInt32Sums(product, prepared, rowScale, output);
  } else {
    multiplyPlain(product, prepared, rowScale, output);
  }
}

/** Four inputs a step: one instruction with VNNI and on ARM. */
function multiplyInt32Sums(
  product: PanelProduct,
  prepared: usize,
  rowScale: usize,
  output: usize,
): void {
  let panel = product.panel;
  let y0 = f32x4.splat(0);
  let y1 = f32x4.splat(0);
  for (const end = panel + panelBytesInt4(product.depth); panel < end; panel += GROUP_BYTES) {
    let s0 = v128.load(prepared, START);
    let s1 = s0;
    let t0 = i32x4.splat(0);
    let t1 = t0;
    let x = v128.load32_splat(prepared);
    let z = v128.load32_splat(prepared, 4);
    let w = v128.load(panel);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s0);
    t0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t0);
    w = v128.load(panel, 16);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s1);
    t1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t1);
    x = v128.load32_splat(prepared, 8);
    z = v128.load32_splat(prepared, 12);
    w = v128.load(panel, 32);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s0);
    t0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t0);
    w = v128.load(panel, 48);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s1);
    t1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t1);
    x = v128.load32_splat(prepared, 16);
    z = v128.load32_splat(prepared, 20);
    w = v128.load(panel, 64);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s0);
    t0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t0);
    w = v128.load(panel, 80);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s1);
    t1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t1);
    x = v128.load32_splat(prepared, 24);
    z = v128.load32_splat(prepared, 28);
    w = v128.load(panel, 96);
    s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s0);
    t0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t0);
    w = v128.load(panel, 112);
    s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, lowNibbles(w), s1);
    t1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(z, highNibbles(w), t1);
    y0 = addScaled(y0, i32x4.add(s0, t0), panel);
    y1 = addScaled(y1, i32x4.add(s1, t1), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y0, y1, rowScale, output);
}

/**
 * Two inputs a step, a group's sums in int16: 16 products of at most 15 * 63 for each of the two
 * sums of a column.
 */
function multiplyInt16Sums(
  product: PanelProduct,
  prepared: usize,
  rowScale: usize,
  output: usize,
): void {
  let panel = product.panel;
  let y0 = f32x4.splat(0);
  let y1 = f32x4.splat(0);
  for (const end = panel + panelBytesInt4(product.depth); panel < end; panel += GROUP_BYTES) {
    let x = v128.load32_splat(prepared);
    let z = v128.load32_splat(prepared, 4);
    let w = v128.load(panel);
    let s0 = i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w)));
    w = v128.load(panel, 16);
    let s1 = i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w)));
    x = v128.load32_splat(prepared, 8);
    z = v128.load32_splat(prepared, 12);
    w = v128.load(panel, 32);
    s0 = i16x8.add(s0, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    w = v128.load(panel, 48);
    s1 = i16x8.add(s1, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    x = v128.load32_splat(prepared, 16);
    z = v128.load32_splat(prepared, 20);
    w = v128.load(panel, 64);
    s0 = i16x8.add(s0, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    w = v128.load(panel, 80);
    s1 = i16x8.add(s1, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    x = v128.load32_splat(prepared, 24);
    z = v128.load32_splat(prepared, 28);
    w = v128.load(panel, 96);
    s0 = i16x8.add(s0, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    w = v128.load(panel, 112);
    s1 = i16x8.add(s1, i16x8.add(pairs(x, lowNibbles(w)), pairs(z, highNibbles(w))));
    const start = v128.load(prepared, START);
    y0 = addScaled(y0, i32x4.add(start, i32x4.extadd_pairwise_i16x8_s(s0)), panel);
    y1 = addScaled(y1, i32x4.add(start, i32x4.extadd_pairwise_i16x8_s(s1)), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y0, y1, rowScale, output);
}

/** int16 codes by nibbles widened to int16. */
function multiplyPlain(
  product: PanelProduct,
  prepared: usize,
  rowScale: usize,
  output: usize,
): void {
  let panel = product.panel;
  let y0 = f32x4.splat(0);
  let y1 = f32x4.splat(0);
  for (const end = panel + panelBytesInt4(product.depth); panel < end; panel += GROUP_BYTES) {
    // Each sum holds two columns, two partial sums of each.
    let s01 = i32x4.splat(0);
    let s23 = s01;
    let s45 = s01;
    let s67 = s01;
    for (let octet: usize = 0; octet < 4; octet++) {
      const x = v128.load64_splat(prepared + (octet << 4));
      const z = v128.load64_splat(prepared + (octet << 4), 8);
      let w = v128.load(panel + (octet << 5));
      let low = lowNibbles(w);
      let high = highNibbles(w);
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, i16x8.extend_low_i8x16_s(low)));
      s23 = i32x4.add(s23, i32x4.dot_i16x8_s(x, i16x8.extend_high_i8x16_s(low)));
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(z, i16x8.extend_low_i8x16_s(high)));
      s23 = i32x4.add(s23, i32x4.dot_i16x8_s(z, i16x8.extend_high_i8x16_s(high)));
      w = v128.load(panel + (octet << 5), 16);
      low = lowNibbles(w);
      high = highNibbles(w);
      s45 = i32x4.add(s45, i32x4.dot_i16x8_s(x, i16x8.extend_low_i8x16_s(low)));
      s67 = i32x4.add(s67, i32x4.dot_i16x8_s(x, i16x8.extend_high_i8x16_s(low)));
      s45 = i32x4.add(s45, i32x4.dot_i16x8_s(z, i16x8.extend_low_i8x16_s(high)));
      s67 = i32x4.add(s67, i32x4.dot_i16x8_s(z, i16x8.extend_high_i8x16_s(high)));
    }
    const start = v128.load(prepared, START);
    y0 = addScaled(y0, i32x4.add(start, addPairs(s01, s23)), panel);
    y1 = addScaled(y1, i32x4.add(start, addPairs(s45, s67)), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y0, y1, rowScale, output);
}
