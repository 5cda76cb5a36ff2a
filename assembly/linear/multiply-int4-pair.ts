// Two rows of activation codes by one 4-bit panel: its nibbles are taken apart once for both. More rows
// have no registers left for their sums.

import { addPairs } from "../math/lanes";
import { dotHasTwoSteps } from "./dot-product";
import { PREPARED_GROUP_BYTES, preparedBytes, START } from "./multiply-int4";
import { addScaled, highNibbles, lowNibbles, pairs, storeScaled } from "./nibbles";
import { GROUP_BYTES, panelBytesInt4 } from "./pack-weights";

/** As multiplyPanelInt4 for two prepared rows, one behind the other. rowScales: F32 [2]. */
export function multiplyPanelInt4Pair(
  prepared: usize,
  rowScales: usize,
  panel: usize,
  depth: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  const end = panel + panelBytesInt4(depth);
  const stride = preparedBytes(depth);
  if (!ASC_FEATURE_RELAXED_SIMD) {
    multiplyPlain(prepared, stride, rowScales, panel, end, bias, output, outputStride, mode);
  } else if (dotHasTwoSteps()) {
    multiplyRelaxed<Int16Sums>(
      prepared,
      stride,
      rowScales,
      panel,
      end,
      bias,
      output,
      outputStride,
      mode,
    );
  } else {
    multiplyRelaxed<Int32Sums>(
      prepared,
      stride,
      rowScales,
      panel,
      end,
      bias,
      output,
      outputStride,
      mode,
    );
  }
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
  prepared: usize,
  stride: usize,
  rowScales: usize,
  panel: usize,
  end: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  const product = changetype<Sums>(0);
  let y00 = f32x4.splat(0);
  let y01 = y00;
  let y10 = y00;
  let y11 = y00;
  let other = prepared + stride;
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
      s00 = product.add(product.add(s00, x0, low), z0, high);
      s10 = product.add(product.add(s10, x1, low), z1, high);
      w = v128.load(panel + (at << 2), 16);
      low = lowNibbles(w);
      high = highNibbles(w);
      s01 = product.add(product.add(s01, x0, low), z0, high);
      s11 = product.add(product.add(s11, x1, low), z1, high);
    }
    let start = v128.load(prepared, START);
    y00 = addScaled(y00, product.total(s00, start), panel);
    y01 = addScaled(y01, product.total(s01, start), panel + 16);
    start = v128.load(other, START);
    y10 = addScaled(y10, product.total(s10, start), panel);
    y11 = addScaled(y11, product.total(s11, start), panel + 16);
    prepared += PREPARED_GROUP_BYTES;
    other += PREPARED_GROUP_BYTES;
  }
  storeScaled(y00, y01, rowScales, bias, output, mode);
  storeScaled(y10, y11, rowScales + 4, bias, output + outputStride, mode);
}

/** int16 codes by nibbles widened to int16. */
function multiplyPlain(
  prepared: usize,
  stride: usize,
  rowScales: usize,
  panel: usize,
  end: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  let y00 = f32x4.splat(0);
  let y01 = y00;
  let y10 = y00;
  let y11 = y00;
  let other = prepared + stride;
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
  storeScaled(y00, y01, rowScales, bias, output, mode);
  storeScaled(y10, y11, rowScales + 4, bias, output + outputStride, mode);
}
