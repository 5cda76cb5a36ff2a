// Rows of activation codes by one 4-bit panel (pack-weights.ts) straight from its nibbles: the matrix product
// of a decoder step, at the pace at which weights come from memory. Two rows at a time take its nibbles apart
// once for both; more have no registers left for their sums.
//
// A nibble is code + 8, 0 .. 15, which suits the relaxed dot's operand of 7 bits, so activations
// are the signed one. The nibbles' excess, 8 times the sum of a group's activations, is in the
// start value of that group's sum. It and the signed codes are made once a row.

import { addPairs, addQuads, madd } from "../math/lanes";
import { dotHasTwoSteps } from "./dot-product";
import { GROUP_BYTES, GROUP_SCALES, panelBytesInt4 } from "./pack-weights";
import { PanelProduct } from "./panel-product";
import { CODE_BYTES } from "./quantise";
import { GROUP } from "./quantise-weights";
import { storeColumns } from "./store-row";

/** A group of a prepared row: its codes, then -8 times their sum in each of 4 lanes. */
const START: usize = GROUP * CODE_BYTES;
const PREPARED_GROUP_BYTES: usize = START + 16;

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
    if (!ASC_FEATURE_RELAXED_SIMD) multiplyPairPlain(product, prepared, rowScales, output);
    else if (dotHasTwoSteps()) multiplyPair<Int16Sums>(product, prepared, rowScales, output);
    else multiplyPair<Int32Sums>(product, prepared, rowScales, output);
    prepared += 2 * product.codeStride;
    output += 2 * product.outputStride;
  }
  if (rows == 0) return;
  if (!ASC_FEATURE_RELAXED_SIMD) multiplyRowPlain(product, prepared, rowScales, output);
  else if (dotHasTwoSteps()) multiplyRow<Int16Sums>(product, prepared, rowScales, output);
  else multiplyRow<Int32Sums>(product, prepared, rowScales, output);
}

/**
 * How a group's products are summed: two inputs a step, in int16, 16 products of at most 15 * 63 for each of
 * the two sums of a column.
 */
class Int16Sums {
  @inline product(codes: v128, nibbles: v128): v128 {
    return i16x8.relaxed_dot_i8x16_i7x16_s(codes, nibbles);
  }

  @inline add(sums: v128, codes: v128, nibbles: v128): v128 {
    return i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(codes, nibbles));
  }

  @inline begin(prepared: usize): v128 {
    return i32x4.splat(0);
  }

  @inline first(prepared: usize, codes: v128, nibbles: v128): v128 {
    return this.product(codes, nibbles);
  }

  @inline both(a: v128, b: v128): v128 {
    return i16x8.add(a, b);
  }

  @inline total(sums: v128, prepared: usize): v128 {
    return i32x4.add(v128.load(prepared, START), i32x4.extadd_pairwise_i16x8_s(sums));
  }
}

/** Four inputs a step: one instruction with VNNI and on ARM. */
class Int32Sums {
  @inline product(codes: v128, nibbles: v128): v128 {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(codes, nibbles, i32x4.splat(0));
  }

  @inline add(sums: v128, codes: v128, nibbles: v128): v128 {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(codes, nibbles, sums);
  }

  @inline begin(prepared: usize): v128 {
    return v128.load(prepared, START);
  }

  @inline first(prepared: usize, codes: v128, nibbles: v128): v128 {
    return this.add(this.begin(prepared), codes, nibbles);
  }

  @inline both(a: v128, b: v128): v128 {
    return i32x4.add(a, b);
  }

  @inline total(sums: v128, prepared: usize): v128 {
    return sums;
  }
}

/** One row. */
function multiplyRow<Sums>(
  product: PanelProduct,
  prepared: usize,
  rowScale: usize,
  output: usize,
): void {
  const group = changetype<Sums>(0);
  let panel = product.panel;
  let y0 = f32x4.splat(0);
  let y1 = y0;
  for (const end = panel + panelBytesInt4(product.depth); panel < end; panel += GROUP_BYTES) {
    // Written out: as a loop, it is a twentieth slower.
    let x = v128.load32_splat(prepared);
    let z = v128.load32_splat(prepared, 4);
    let w = v128.load(panel);
    let s0 = group.first(prepared, x, lowNibbles(w));
    let t0 = group.product(z, highNibbles(w));
    w = v128.load(panel, 16);
    let s1 = group.first(prepared, x, lowNibbles(w));
    let t1 = group.product(z, highNibbles(w));
    x = v128.load32_splat(prepared, 8);
    z = v128.load32_splat(prepared, 12);
    w = v128.load(panel, 32);
    s0 = group.add(s0, x, lowNibbles(w));
    t0 = group.add(t0, z, highNibbles(w));
    w = v128.load(panel, 48);
    s1 = group.add(s1, x, lowNibbles(w));
    t1 = group.add(t1, z, highNibbles(w));
    x = v128.load32_splat(prepared, 16);
    z = v128.load32_splat(prepared, 20);
    w = v128.load(panel, 64);
    s0 = group.add(s0, x, lowNibbles(w));
    t0 = group.add(t0, z, highNibbles(w));
    w = v128.load(panel, 80);
    s1 = group.add(s1, x, lowNibbles(w));
    t1 = group.add(t1, z, highNibbles(w));
    x = v128.load32_splat(prepared, 24);
    z = v128.load32_splat(prepared, 28);
    w = v128.load(panel, 96);
    s0 = group.add(s0, x, lowNibbles(w));
    t0 = group.add(t0, z, highNibbles(w));
    w = v128.load(panel, 112);
    s1 = group.add(s1, x, lowNibbles(w));
    t1 = group.add(t1, z, highNibbles(w));
    y0 = addScaled(y0, group.total(group.both(s0, t0), prepared), panel);
    y1 = addScaled(y1, group.total(group.both(s1, t1), prepared), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y0, y1, rowScale, output);
}

/** Two rows, prepared one behind the other. */
function multiplyPair<Sums>(
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
    let s00 = group.begin(prepared);
    let s01 = s00;
    let s10 = group.begin(other);
    let s11 = s10;
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
    y00 = addScaled(y00, group.total(s00, prepared), panel);
    y01 = addScaled(y01, group.total(s01, prepared), panel + 16);
    y10 = addScaled(y10, group.total(s10, other), panel);
    y11 = addScaled(y11, group.total(s11, other), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
    other += PREPARED_GROUP_BYTES;
  }
  storeScaled(product, y00, y01, rowScales, output);
  storeScaled(product, y10, y11, rowScales + 4, output + product.outputStride);
}

function multiplyPairPlain(
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

/** Without relaxed SIMD: int16 codes by nibbles widened to int16. */
function multiplyRowPlain(
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

// @ts-ignore: decorator
@inline
function lowNibbles(w: v128): v128 {
  return v128.and(w, i8x16.splat(15));
}

// @ts-ignore: decorator
@inline
function highNibbles(w: v128): v128 {
  return v128.and(i16x8.shr_u(w, 4), i8x16.splat(15));
}

/** y + a group's sums times its scales for these four columns. */
// @ts-ignore: decorator
@inline
function addScaled(y: v128, sums: v128, panel: usize): v128 {
  return madd(f32x4.convert_i32x4_s(sums), v128.load(panel, GROUP_SCALES), y);
}

// @ts-ignore: decorator
@inline
function storeScaled(
  product: PanelProduct,
  y0: v128,
  y1: v128,
  rowScale: usize,
  output: usize,
): void {
  const scale = v128.load32_splat(rowScale);
  storeColumns(f32x4.mul(y0, scale), f32x4.mul(y1, scale), product.bias, output, product.mode);
}
