// Keys of an int8 cache (key-values-int8.ts) as numbers again, for what looks at attention's scores
// from outside: alignment of words. Attention itself never leaves the codes.

import { KeyValuesInt8 } from "./key-values-int8";

/**
 * Keys of one head at positions [0, count), rotated, less what is common to all: F32 panels for
 * matmulRowsF32, [ceil(count / 8)][headSize][8]; what lies behind `count` in the last panel is of no
 * meaning.
 */
export function unpackKeysInt8(
  cache: KeyValuesInt8,
  head: usize,
  count: usize,
  output: usize,
): void {
  const headSize = cache.headSize;
  const panelBytes = cache.depth << 3;
  let panel = cache.keys(head);
  let scales = cache.keyScales(head);
  for (let at: usize = 0; at < count; at += 8, panel += panelBytes, scales += 32) {
    const low = v128.load(scales);
    const high = v128.load(scales, 16);
    for (let channel: usize = 0; channel < headSize; channel++, output += 32) {
      // [depth / 4][8 positions][4 channels]: a channel's codes are one byte of every four.
      const codes = panel + ((channel & ~3) << 3);
      const shift = 24 - (<i32>(channel & 3) << 3);
      v128.store(output, f32x4.mul(byteOfEach(v128.load(codes), shift), low));
      v128.store(output, f32x4.mul(byteOfEach(v128.load(codes, 16), shift), high), 16);
    }
  }
}

/** One signed byte of each lane, which is `shift` bits below the lane's top, as float32. */
// @ts-ignore: decorator
@inline
function byteOfEach(lanes: v128, shift: i32): v128 {
  return f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(lanes, shift), 24));
}
