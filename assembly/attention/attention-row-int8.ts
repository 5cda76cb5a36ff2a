// The two products of attention for a single query: what multiplyPanel does with one row, without a
// call for every panel. A decoder step reads its keys and values once, so reading is the work.

import { CODE_BYTES } from "../linear/quantise";
import { addPairs } from "../math/lanes";

/**
 * scores[j] = rowScale * keyScales[j] * sum over k of value(codes[k]) * keys[j, k] + valueLogs[j].
 *
 * codes: [depth] as quantise.ts makes them. keys: [count / 8][depth / 4][8][4]. sums, keyScales,
 * valueLogs and scores have room for `count` rounded up to 16, and keys too; all of it is computed.
 */
export function scoreRow(
  codes: usize,
  depth: usize,
  rowScale: f32,
  keys: usize,
  sums: usize,
  keyScales: usize,
  valueLogs: usize,
  scores: usize,
  count: usize,
): void {
  const rowScales = f32x4.splat(rowScale);
  const panelBytes = depth << 3;
  const codeEnd = codes + depth * CODE_BYTES;
  const step: usize = ASC_FEATURE_RELAXED_SIMD ? 64 : 32;
  for (const end = scores + (count << 2); scores < end; scores += step) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      let s0 = i32x4.neg(v128.load(sums));
      let s1 = i32x4.neg(v128.load(sums, 16));
      let s2 = i32x4.neg(v128.load(sums, 32));
      let s3 = i32x4.neg(v128.load(sums, 48));
      let next = keys + panelBytes;
      for (let c = codes; c < codeEnd; c += 4, keys += 32, next += 32) {
        const x = v128.load32_splat(c);
        s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(keys), x, s0);
        s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(keys, 16), x, s1);
        s2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(next), x, s2);
        s3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(next, 16), x, s3);
      }
      keys = next;
      storeScores(s0, rowScales, keyScales, valueLogs, scores, 0);
      storeScores(s1, rowScales, keyScales, valueLogs, scores, 16);
      storeScores(s2, rowScales, keyScales, valueLogs, scores, 32);
      storeScores(s3, rowScales, keyScales, valueLogs, scores, 48);
    } else {
      // Each sum holds two keys, two partial sums of each.
      let s01 = i32x4.splat(0);
      let s23 = s01;
      let s45 = s01;
      let s67 = s01;
      for (let c = codes; c < codeEnd; c += 8, keys += 32) {
        const x = v128.load64_splat(c);
        s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, v128.load8x8_s(keys)));
        s23 = i32x4.add(s23, i32x4.dot_i16x8_s(x, v128.load8x8_s(keys, 8)));
        s45 = i32x4.add(s45, i32x4.dot_i16x8_s(x, v128.load8x8_s(keys, 16)));
        s67 = i32x4.add(s67, i32x4.dot_i16x8_s(x, v128.load8x8_s(keys, 24)));
      }
      storeScores(addPairs(s01, s23), rowScales, keyScales, valueLogs, scores, 0);
      storeScores(addPairs(s45, s67), rowScales, keyScales, valueLogs, scores, 16);
    }
    sums += step;
    keyScales += step;
    valueLogs += step;
  }
}

// @ts-ignore: decorator
@inline
function storeScores(
  sums: v128,
  rowScales: v128,
  keyScales: usize,
  valueLogs: usize,
  scores: usize,
  offset: usize,
): void {
  const scales = f32x4.mul(rowScales, v128.load(keyScales + offset));
  const products = f32x4.mul(f32x4.convert_i32x4_s(sums), scales);
  v128.store(scores + offset, f32x4.add(products, v128.load(valueLogs + offset)));
}

/**
 * output[j] = sum over blocks b of scales[b] * sum over k of b of codes[k] * values[j, k], for the
 * 8 channels of one panel.
 *
 * codes: unsigned, CODE_BYTES each, zeros from `count` to the next multiple of 4. values:
 * [count / 4][8][4]. `block` positions have one scale; scales: F32, `scaleStride` bytes apart.
 */
export function weighRow(
  codes: usize,
  count: usize,
  block: usize,
  values: usize,
  scales: usize,
  scaleStride: usize,
  output: usize,
): void {
  let y0 = f32x4.splat(0);
  let y1 = y0;
  const end = codes + ((count + 3) & ~3) * CODE_BYTES;
  for (; codes < end; scales += scaleStride) {
    const blockEnd = min(end, codes + block * CODE_BYTES);
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (; codes + 8 <= blockEnd; codes += 8, values += 64) {
        const x = v128.load32_splat(codes);
        s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values), x, s0);
        s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values, 16), x, s1);
        const z = v128.load32_splat(codes, 4);
        s2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values, 32), z, s2);
        s3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values, 48), z, s3);
      }
      for (; codes < blockEnd; codes += 4, values += 32) {
        const x = v128.load32_splat(codes);
        s0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values), x, s0);
        s1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(values, 16), x, s1);
      }
      s0 = i32x4.add(s0, s2);
      s1 = i32x4.add(s1, s3);
    } else {
      for (; codes < blockEnd; codes += 8, values += 32) {
        const x = v128.load64_splat(codes);
        s0 = i32x4.add(s0, i32x4.dot_i16x8_s(x, v128.load8x8_s(values)));
        s1 = i32x4.add(s1, i32x4.dot_i16x8_s(x, v128.load8x8_s(values, 8)));
        s2 = i32x4.add(s2, i32x4.dot_i16x8_s(x, v128.load8x8_s(values, 16)));
        s3 = i32x4.add(s3, i32x4.dot_i16x8_s(x, v128.load8x8_s(values, 24)));
      }
      s0 = addPairs(s0, s1);
      s1 = addPairs(s2, s3);
    }
    const scale = v128.load32_splat(scales);
    y0 = f32x4.add(y0, f32x4.mul(f32x4.convert_i32x4_s(s0), scale));
    y1 = f32x4.add(y1, f32x4.mul(f32x4.convert_i32x4_s(s1), scale));
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
}
