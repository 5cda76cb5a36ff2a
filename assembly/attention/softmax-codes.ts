// Softmax of a block of scores straight to unsigned codes, for a product with int8 values.
//
// Scores come to base 2, each with the logarithm of its value's scale added: u = s + log2 scale. So
// 2^u is probability times scale, which is what meets the value's codes. With the block's largest at
// the top of the codes' range, each is rounded at once; no row of probabilities is ever stored. The
// sum that the softmax divides by is that of 2^u / scale, before rounding.

import { CODE_BYTES } from "../linear/quantise";
import { EXP2, fastExp2F32x4 } from "../math/exp";
import { largestOf16s, madd, sumOfLanes } from "../math/lanes";

/**
 * log2 of LARGEST, the largest code: 127, the relaxed dot's operand having 7 bits, or 16383 in plain
 * SIMD, where 256 products of int16 with int8 stay within int32.
 */
const LOG2_LARGEST: f32 = ASC_FEATURE_RELAXED_SIMD ? 6.98868469 : 13.9999119;
/** What is left of a number after the rounding term was added to it. */
const CODE_MASK: usize = memory.data<u32>([0x7fff]);

/** The largest of `count` float32; writes -Infinity behind them up to a multiple of 16. */
export function largestScore(scores: usize, count: usize): f32 {
  const end = scores + (count << 2);
  const end16 = scores + (((count + 15) & ~15) << 2);
  for (let p = end; p < end16; p += 4) store<f32>(p, -Infinity);
  return largestOf16s(scores, end16);
}

/**
 * codes[j] = round(2^(scores[j] - largest) * LARGEST), CODE_BYTES each.
 *
 * scores: F32 [count rounded up to 16] as `largestScore` leaves them; inverses: F32 likewise.
 * @returns the sum of 2^(scores[j] - largest) * LARGEST * inverses[j]
 */
export function scoresToCodes(
  scores: usize,
  count: usize,
  largest: f32,
  inverses: usize,
  codes: usize,
): f32 {
  const tops = f32x4.splat(largest - LOG2_LARGEST);
  const least = v128.load32_splat(EXP2);
  const rounding = v128.load32_splat(EXP2, 4);
  const c3 = v128.load32_splat(EXP2, 8);
  const c2 = v128.load32_splat(EXP2, 12);
  const c1 = v128.load32_splat(EXP2, 16);
  const c0 = v128.load32_splat(EXP2, 20);
  const mask = v128.load32_splat(CODE_MASK);
  let a = f32x4.splat(0);
  let b = a;
  for (const end = scores + (count << 2); scores < end; scores += 64, inverses += 64) {
    let x = f32x4.sub(v128.load(scores), tops);
    let e = fastExp2F32x4(x, least, rounding, c3, c2, c1, c0);
    a = madd(e, v128.load(inverses), a);
    let low = v128.and(f32x4.add(e, rounding), mask);
    x = f32x4.sub(v128.load(scores, 16), tops);
    e = fastExp2F32x4(x, least, rounding, c3, c2, c1, c0);
    b = madd(e, v128.load(inverses, 16), b);
    low = i16x8.narrow_i32x4_s(low, v128.and(f32x4.add(e, rounding), mask));
    x = f32x4.sub(v128.load(scores, 32), tops);
    e = fastExp2F32x4(x, least, rounding, c3, c2, c1, c0);
    a = madd(e, v128.load(inverses, 32), a);
    let high = v128.and(f32x4.add(e, rounding), mask);
    x = f32x4.sub(v128.load(scores, 48), tops);
    e = fastExp2F32x4(x, least, rounding, c3, c2, c1, c0);
    b = madd(e, v128.load(inverses, 48), b);
    high = i16x8.narrow_i32x4_s(high, v128.and(f32x4.add(e, rounding), mask));
    if (ASC_FEATURE_RELAXED_SIMD) {
      v128.store(codes, i8x16.narrow_i16x8_u(low, high));
    } else {
      v128.store(codes, low);
      v128.store(codes, high, 16);
    }
    codes += CODE_BYTES << 4;
  }
  a = f32x4.add(a, b);
  return sumOfLanes(a);
}
