// Quantised weights from a file's rows to panels of 8 outputs, and from panels back to rows.
//
//   int8   [ceil(rows / 8)][depth / 4][8 columns][4 inputs] bytes; scales and sums lie apart
//   int4   [ceil(rows / 8)][depth / 32] groups of 160 bytes: 128 bytes of codes, then F32 scales of
//          the 8 columns for these 32 inputs, so that a matrix is one sequential stream. Codes are
//          [4 octets of inputs][8 columns][4 bytes], each code + 8; the low halves of the 4 bytes
//          are inputs 0 .. 3 of the octet, the high halves inputs 4 .. 7
//
// depth is inner rounded up to 32. Inputs from inner to depth are 0, and so are the rows that fill
// the last panel.

import { addQuads } from "../math/lanes";
import { GROUP } from "./quantise-weights";

/** Bytes of a group of a 4-bit panel, and where in it the scales begin. */
export const GROUP_BYTES: usize = 160;
export const GROUP_SCALES: usize = 128;
/** Bytes of a 4-bit panel. */
// @ts-ignore: decorator
@inline
export function panelBytesInt4(depth: usize): usize {
  return (depth / GROUP) * GROUP_BYTES;
}

/** Two codes of 0. */
const ZEROS_INT4: i8 = <i8>0x88;

/**
 * codes: I8 [rows, inner]. panels: as above. sums: I32 [rows rounded up to 8], 64 times the sum of
 * each row's codes. A part of a matrix can be packed alone if it begins at a multiple of 8 rows.
 */
export function packRowsInt8(
  codes: usize,
  rows: usize,
  inner: usize,
  depth: usize,
  panels: usize,
  sums: usize,
): void {
  for (; rows > 0; codes += inner << 3, panels += depth << 3, sums += 32) {
    const present = min<usize>(rows, 8);
    rows -= present;
    const left = min<usize>(present, 4);
    packHalfInt8(codes, left, inner, depth, panels, sums);
    packHalfInt8(codes + (inner << 2), present - left, inner, depth, panels + 16, sums + 16);
  }
}

/** Four columns of a panel, of which the first `rows` exist. */
function packHalfInt8(
  codes: usize,
  rows: usize,
  inner: usize,
  depth: usize,
  target: usize,
  sums: usize,
): void {
  const row1 = codes + inner;
  const row2 = row1 + inner;
  const row3 = row2 + inner;
  let sum = i32x4.splat(0);
  let at: usize = 0;
  if (rows == 4) {
    for (; at + 16 <= inner; at += 16, target += 128) {
      const a = v128.load(codes + at);
      const b = v128.load(row1 + at);
      const c = v128.load(row2 + at);
      const d = v128.load(row3 + at);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      const x0 = v128.shuffle<i64>(ab, cd, 0, 2);
      const x1 = v128.shuffle<i64>(ab, cd, 1, 3);
      const x2 = v128.shuffle<i64>(ab2, cd2, 0, 2);
      const x3 = v128.shuffle<i64>(ab2, cd2, 1, 3);
      v128.store(target, x0);
      v128.store(target, x1, 32);
      v128.store(target, x2, 64);
      v128.store(target, x3, 96);
      sum = i32x4.add(sum, i32x4.add(addQuads(x0), addQuads(x1)));
      sum = i32x4.add(sum, i32x4.add(addQuads(x2), addQuads(x3)));
    }
  }
  for (; at < depth; at += 4, target += 32) {
    let x = i32x4.splat(0);
    if (rows > 0) x = i32x4.replace_lane(x, 0, loadQuad(codes, at, inner));
    if (rows > 1) x = i32x4.replace_lane(x, 1, loadQuad(row1, at, inner));
    if (rows > 2) x = i32x4.replace_lane(x, 2, loadQuad(row2, at, inner));
    if (rows > 3) x = i32x4.replace_lane(x, 3, loadQuad(row3, at, inner));
    v128.store(target, x);
    sum = i32x4.add(sum, addQuads(x));
  }
  v128.store(sums, i32x4.shl(sum, 6));
}

/** Bytes at .. at + 3 of a row of `inner`, zeros behind its end. */
function loadQuad(row: usize, at: usize, inner: usize): i32 {
  if (at + 4 <= inner) return load<i32>(row + at);
  let quad: u32 = 0;
  for (let shift: u32 = 0; at < inner; at++, shift += 8) quad |= (<u32>load<u8>(row + at)) << shift;
  return quad;
}

/**
 * codes: U8 [rows, ceil(inner / 2)] and scales: F32 [rows, ceil(inner / 32)] as quantiseRowsInt4
 * makes them. panels: as above. A part of a matrix can be packed alone if it begins at a multiple
 * of 8 rows.
 */
export function packRowsInt4(
  codes: usize,
  scales: usize,
  rows: usize,
  inner: usize,
  depth: usize,
  panels: usize,
): void {
  const rowBytes = (inner + 1) >> 1;
  const groups = depth / GROUP;
  for (; rows > 0; codes += rowBytes << 3, scales += groups << 5) {
    const present = min<usize>(rows, 8);
    rows -= present;
    const left = min<usize>(present, 4);
    for (let at: usize = 0; at < rowBytes; at += GROUP >> 1, panels += GROUP_BYTES) {
      const bytes = min<usize>(rowBytes - at, GROUP >> 1);
      const from = codes + at;
      packHalfGroup(from, left, rowBytes, bytes, panels);
      packHalfGroup(from + (rowBytes << 2), present - left, rowBytes, bytes, panels + 16);
      let scale = scales + (at >> 2);
      for (let row: usize = 0; row < 8; row++, scale += groups << 2) {
        store<f32>(panels + (row << 2), row < present ? load<f32>(scale) : 0, GROUP_SCALES);
      }
    }
  }
}

/** The codes of a group for four columns, of which the first `rows` exist, with `bytes` each. */
function packHalfGroup(
  codes: usize,
  rows: usize,
  rowBytes: usize,
  bytes: usize,
  target: usize,
): void {
  const zeros = i8x16.splat(ZEROS_INT4);
  const a = rows > 0 ? splitOctets(loadGroup(codes, bytes)) : zeros;
  const b = rows > 1 ? splitOctets(loadGroup(codes + rowBytes, bytes)) : zeros;
  const c = rows > 2 ? splitOctets(loadGroup(codes + 2 * rowBytes, bytes)) : zeros;
  const d = rows > 3 ? splitOctets(loadGroup(codes + 3 * rowBytes, bytes)) : zeros;
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(target, v128.shuffle<i64>(ab, cd, 1, 3), 32);
  v128.store(target, v128.shuffle<i64>(ab2, cd2, 0, 2), 64);
  v128.store(target, v128.shuffle<i64>(ab2, cd2, 1, 3), 96);
}

/** A group of one row as the file has it, zeros behind the end. */
// @ts-ignore: decorator
@inline
function loadGroup(codes: usize, bytes: usize): v128 {
  return bytes == GROUP >> 1 ? v128.load(codes) : loadShortGroup(codes, bytes);
}

function loadShortGroup(codes: usize, bytes: usize): v128 {
  let group = i8x16.splat(ZEROS_INT4);
  while (bytes > 0) {
    bytes--;
    // Byte by byte from behind, each pushing the later ones up.
    group = i8x16.shuffle(
      i8x16.splat(load<u8>(codes + bytes)),
      group,
      0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    );
  }
  return group;
}

/** In each 4 bytes: from codes (0 1) (2 3) (4 5) (6 7) to (0 4) (1 5) (2 6) (3 7). */
// @ts-ignore: decorator
@inline
function splitOctets(x: v128): v128 {
  const mask = i8x16.splat(15);
  const even = v128.and(x, mask);
  const odd = v128.and(i16x8.shr_u(x, 4), mask);
  const first = i8x16.shuffle(
    even, odd, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29,
  );
  const last = i8x16.shuffle(
    even, odd, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31,
  );
  return v128.or(first, i16x8.shl(last, 4));
}
