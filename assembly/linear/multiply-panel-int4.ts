// Rows of activation codes by one 4-bit panel, two at a time: its nibbles are taken apart once for both. More
// rows have no registers left for their sums.

import { addPairs } from "../math/lanes";
import { dotHasTwoSteps } from "./dot-product";
import { multiplyRowInt4, PREPARED_GROUP_BYTES, START } from "./multiply-row-int4";
import { addScaled, highNibbles, lowNibbles, pairs, storeScaled } from "./nibbles";
import { GROUP_BYTES, panelBytesInt4 } from "./pack-weights";
import { PanelProduct } from "./panel-product";

/**
 * output[r, j] = (ACCUMULATE ? output[r, j] : 0) + bias[j]
 *              + rowScales[r] * sum over k of value(codes[r, k]) * code[j, k] * scale[j, k / 32]
 *
 * codes: rows as prepareRowInt4 makes them. panel: [depth / 32] groups, which hold their scales.
 */
export function multiplyPanelInt4(product: PanelProduct): void {
  let prepared = product.codes;
  let rowScales = product.rowScales;
  let output = product.output;
  let rows = product.rows;
  for (; rows > 1; rows -= 2, rowScales += 8) {
    if (!ASC_FEATURE_RELAXED_SIMD) multiplyPlain(product, prepared, rowScales, output);
    else if (dotHasTwoSteps()) multiplyRelaxed<Int16Sums>(product, prepared, rowScales, output);
    else multiplyRelaxed<Int32Sums>(product, prepared, rowScales, output);
    prepared += 2 * product.codeStride;
    output += 2 * product.outputStride;
  }
  if (rows == 1) multiplyRowInt4(product, prepared, rowScales, output);
}

/** How a group's products are summed: two inputs a step as multiplyInt16Sums does it. */
class Int16Sums {
  // @ts-ignore: decorator
  @inline add(sums: v128, codes: v128, nibbles: v128): v128 {
    return i16x8.add(sums, pairs(codes, nibbles));
  }

  // @ts-ignore: decorator
  @inline total(sums: v128, start: v128): v128 {
    return i32x4.add(start, i32x4.extadd_pairwise_i16x8_s(sums));
  }
}

/** Four inputs a step. */
class Int32Sums {
  // @ts-ignore: decorator
  @inline add(sums: v128, codes: v128, nibbles: v128): v128 {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(codes, nibbles, sums);
  }

  // @ts-ignore: decorator
  @inline total(sums: v128, start: v128): v128 {
    return i32x4.add(start, sums);
  }
}

function multiplyRelaxed<Sums>(
  product: PanelProduct,
  prepared: usize,
  rowScales: usize,
  output: usize,
): void {
  const group = changetype<Sums>(0);
  let panel = product.panel;
  const end = panel + panelBytesInt4(product.depth);
  let y00 = f32x4.splat(0);
  let y01 = y00;
  let y10 = y00;
  let y11 = y00;
  let other = prepared + product.codeStride;
  for (; panel < end; panel += GROUP_BYTES) {
    let s00 = i32x4.splat(0);
    let s01 = s00;
    let s10 = s00;
    let s11 = s00;
    for (let at: usize = 0; at < START; at += 8) {
      let w = v128.load(panel + (at << 2));
      let low = lowNibbles(w);
      let high = highNibbles(w);
      const x0 = v128.load32_splat(prepared + at);
      const z0 = v128.load32_splat(prepared + at, 4);
      const x1 = v128.load32_splat(other + at);
      const z1 = v128.load32_splat(other + at, 4);
      s00 = group.add(group.add(s00, x0, low), z0, high);
      s10 = group.add(group.add(s10, x1, low), z1, high);
      w = v128.load(panel + (at << 2), 16);
      low = lowNibbles(w);
      high = highNibbles(w);
      s01 = group.add(group.add(s01, x0, low), z0, high);
      s11 = group.add(group.add(s11, x1, low), z1, high);
    }
    let start = v128.load(prepared, START);
    y00 = addScaled(y00, group.total(s00, start), panel);
    y01 = addScaled(y01, group.total(s01, start), panel + 16);
    start = v128.load(other, START);
    y10 = addScaled(y10, group.total(s10, start), panel);
    y11 = addScaled(y11, group.total(s11, start), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
    other += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y00, y01, rowScales, output);
  storeScaled(product, y10, y11, rowScales + 4, output + product.outputStride);
}

/** int16 codes by nibbles widened to int16. */
function multiplyPlain(
  product: PanelProduct,
  prepared: usize,
  rowScales: usize,
  output: usize,
): void {
  let panel = product.panel;
  const end = panel + panelBytesInt4(product.depth);
  let y00 = f32x4.splat(0);
  let y01 = y00;
  let y10 = y00;
  let y11 = y00;
  let other = prepared + product.codeStride;
  for (; panel < end; panel += GROUP_BYTES) {
    // Four columns after four: each sum holds two of them, two partial sums of each.
    for (let half: usize = 0; half < 32; half += 16) {
      let s01 = i32x4.splat(0);
      let s23 = s01;
      let t01 = s01;
      let t23 = s01;
      for (let at: usize = 0; at < START; at += 16) {
        const w = v128.load(panel + half + (at << 1));
        let nibbles = lowNibbles(w);
        let first = i16x8.extend_low_i8x16_s(nibbles);
        let second = i16x8.extend_high_i8x16_s(nibbles);
        let x = v128.load64_splat(prepared + at);
        s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, first));
        s23 = i32x4.add(s23, i32x4.dot_i16x8_s(x, second));
        x = v128.load64_splat(other + at);
        t01 = i32x4.add(t01, i32x4.dot_i16x8_s(x, first));
        t23 = i32x4.add(t23, i32x4.dot_i16x8_s(x, second));
        nibbles = highNibbles(w);
        first = i16x8.extend_low_i8x16_s(nibbles);
        second = i16x8.extend_high_i8x16_s(nibbles);
        x = v128.load64_splat(prepared + at, 8);
        s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, first));
        s23 = i32x4.add(s23, i32x4.dot_i16x8_s(x, second));
        x = v128.load64_splat(other + at, 8);
        t01 = i32x4.add(t01, i32x4.dot_i16x8_s(x, first));
        t23 = i32x4.add(t23, i32x4.dot_i16x8_s(x, second));
      }
      const s = i32x4.add(v128.load(prepared, START), addPairs(s01, s23));
      const t = i32x4.add(v128.load(other, START), addPairs(t01, t23));
      if (half == 0) {
        y00 = addScaled(y00, s, panel);
        y10 = addScaled(y10, t, panel);
      } else {
        y01 = addScaled(y01, s, panel + 16);
        y11 = addScaled(y11, t, panel + 16);
      }
    }
    prepared += PREPARED_GROUP_BYTES;
    other += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y00, y01, rowScales, output);
  storeScaled(product, y10, y11, rowScales + 4, output + product.outputStride);
}
