// Panels of pack-weights.ts back: a 4-bit panel to int8, one row to float32.

import { GROUP_BYTES, GROUP_SCALES, panelBytesInt4 } from "./pack-weights";
import { GROUP } from "./quantise-weights";

/**
 * A 4-bit panel as an int8 panel with one scale a column, for the product with many rows: codes are
 * rounded once more, to round(code * group's scale / column's scale) in -127 .. 127, which adds
 * noise 20 dB below that of the 4-bit codes themselves.
 *
 * panel: [depth / 32] groups. target: [depth / 4][8][4] bytes. columnScales: F32 [8]. sums: I32
 * [8], 64 times the sum of each column's new codes.
 */
export function widenPanelInt4(
  panel: usize,
  depth: usize,
  target: usize,
  columnScales: usize,
  sums: usize,
): void {
  widenHalf(panel, depth, target, columnScales, sums);
  widenHalf(panel + 16, depth, target + 16, columnScales + 16, sums + 16);
}

/** Four columns of widenPanelInt4. */
function widenHalf(
  panel: usize,
  depth: usize,
  target: usize,
  columnScales: usize,
  sums: usize,
): void {
  const end = panel + panelBytesInt4(depth);
  let largest = f32x4.splat(0);
  for (let group = panel; group < end; group += GROUP_BYTES) {
    largest = f32x4.max(largest, f32x4.abs(v128.load(group, GROUP_SCALES)));
  }
  // A code of -8 in the group of the largest scale becomes 127.
  const columnScale = f32x4.mul(largest, f32x4.splat(8.0 / 127));
  v128.store(columnScales, columnScale);
  // Ratios of scales with 8 bits behind the point: up to 127 / 8 * 256, so that products with a
  // code stay within 16 bits. A column of zeros would divide by zero.
  const toRatio = v128.and(
    f32x4.div(f32x4.splat(256), columnScale),
    f32x4.gt(columnScale, f32x4.splat(1e-30)),
  );
  let sum = i32x4.splat(0);
  for (; panel < end; panel += GROUP_BYTES, target += 256) {
    const ratios = i32x4.trunc_sat_f32x4_s(
      f32x4.nearest(f32x4.mul(v128.load(panel, GROUP_SCALES), toRatio)),
    );
    // One column's ratio for each pair of its bytes. The codes' offset of 8 and the half that
    // rounds go into one constant; 16 bits wrap around on the way to it and back.
    const ratio = i8x16.shuffle(
      ratios, ratios, 0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13,
    );
    const start = i16x8.sub(i16x8.splat(128), i16x8.shl(ratio, 3));
    let groupSum = i16x8.splat(0);
    for (let octet: usize = 0; octet < 4; octet++) {
      const x = v128.load(panel + (octet << 5));
      const low = v128.and(x, i8x16.splat(15));
      const high = v128.and(i16x8.shr_u(x, 4), i8x16.splat(15));
      const first = widenPairs(low, ratio, start);
      const last = widenPairs(high, ratio, start);
      const to = target + (octet << 6);
      v128.store(to, first);
      v128.store(to, last, 32);
      groupSum = i16x8.add(groupSum, i16x8.extadd_pairwise_i8x16_s(first));
      groupSum = i16x8.add(groupSum, i16x8.extadd_pairwise_i8x16_s(last));
    }
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(groupSum));
  }
  v128.store(sums, i32x4.shl(sum, 6));
}

/** (code * ratio + start) / 256 for 16 codes, two bytes in each 16 bits. */
// @ts-ignore: decorator
@inline
function widenPairs(codes: v128, ratio: v128, start: v128): v128 {
  const even = i16x8.add(i16x8.mul(v128.and(codes, i16x8.splat(15)), ratio), start);
  const odd = i16x8.add(i16x8.mul(i16x8.shr_u(codes, 8), ratio), start);
  return v128.or(i16x8.shr_u(even, 8), v128.and(odd, i16x8.splat(-256)));
}

/**
 * Row `row` of a packed matrix as float32, still rotated: output [inner] = code * scale.
 * scales: F32 by row; 4-bit panels (bits 4) hold their own.
 */
export function dequantiseRow(
  panels: usize,
  scales: usize,
  bits: usize,
  depth: usize,
  inner: usize,
  row: usize,
  output: usize,
): void {
  const column = (row & 7) << 2;
  if (bits == 8) {
    const panel = panels + (row >> 3) * (depth << 3) + column;
    dequantiseColumnInt8(panel, inner, load<f32>(scales + (row << 2)), output);
  } else {
    const panel = panels + (row >> 3) * panelBytesInt4(depth) + column;
    dequantiseColumnInt4(panel, inner, output);
  }
}

function dequantiseColumnInt8(column: usize, inner: usize, scale: f32, output: usize): void {
  const end = output + (inner << 2);
  const end4 = output + ((inner & ~3) << 2);
  for (; output < end4; output += 16, column += 32) {
    const codes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(column)));
    v128.store(output, f32x4.mul(f32x4.convert_i32x4_s(codes), f32x4.splat(scale)));
  }
  for (; output < end; output += 4, column++) {
    store<f32>(output, <f32>load<i8>(column) * scale);
  }
}

function dequantiseColumnInt4(column: usize, inner: usize, output: usize): void {
  for (; inner > 0; column += GROUP_BYTES) {
    const count = min(inner, GROUP);
    const scale = load<f32>(column, GROUP_SCALES);
    const wholeOctets = count & ~7;
    let at: usize = 0;
    // Octets are 32 bytes apart; within one, input i and i + 4 share a byte.
    for (; at < wholeOctets; at += 8, output += 32) {
      const quad = v128.load32_zero(column + (at << 2));
      v128.store(output, dequantiseQuad(v128.and(quad, i8x16.splat(15)), scale));
      const high = v128.and(i16x8.shr_u(quad, 4), i8x16.splat(15));
      v128.store(output, dequantiseQuad(high, scale), 16);
    }
    for (; at < count; at++, output += 4) {
      const pair = load<u8>(column + (wholeOctets << 2) + (at & 3));
      const code = at & 4 ? pair >> 4 : pair & 15;
      store<f32>(output, <f32>(<i32>code - 8) * scale);
    }
    inner -= count;
  }
}

/** (code - 8) * scale for the first four bytes. */
// @ts-ignore: decorator
@inline
function dequantiseQuad(codes: v128, scale: f32): v128 {
  const wide = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(codes));
  const values = f32x4.convert_i32x4_s(i32x4.sub(wide, i32x4.splat(8)));
  return f32x4.mul(values, f32x4.splat(scale));
}
