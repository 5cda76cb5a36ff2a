// Where the codes of a key or of values go in the panels of an int8 cache (key-values-int8.ts).

import { addQuads } from "../math/lanes";

/**
 * Places a key's codes, four by four, as one lane of a panel.
 * @returns their sum
 */
export function placeKey(codes: usize, depth: usize, to: usize): i32 {
  let sums = i32x4.splat(0);
  for (const end = codes + depth; codes < end; codes += 16, to += 128) {
    const v = v128.load(codes);
    sums = i32x4.add(sums, addQuads(v));
    v128.store32_lane(to, v, 0);
    if (end - codes > 4) v128.store32_lane(to, v, 1, 32);
    if (end - codes > 8) v128.store32_lane(to, v, 2, 64);
    if (end - codes > 12) v128.store32_lane(to, v, 3, 96);
  }
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

/** Places rows of codes, each at the start of headSize float32, from position `at` on. */
export function placeValues(
  rows: usize,
  count: usize,
  headSize: usize,
  values: usize,
  capacity: usize,
  at: usize,
): void {
  const stride = headSize << 2;
  const panelBytes = capacity << 3;
  while (count > 0) {
    let to = values + ((at & ~3) << 3) + (at & 3);
    let from = rows;
    const end = from + headSize;
    if ((at & 3) == 0 && count >= 4) {
      for (; from + 8 <= end; from += 8, to += panelBytes) {
        const r0 = v128.load64_zero(from);
        const r1 = v128.load64_zero(from + stride);
        const r2 = v128.load64_zero(from + 2 * stride);
        const r3 = v128.load64_zero(from + 3 * stride);
        const r01 = interleaveBytes(r0, r1);
        const r23 = interleaveBytes(r2, r3);
        v128.store(to, v128.shuffle<i16>(r01, r23, 0, 8, 1, 9, 2, 10, 3, 11));
        v128.store(to, v128.shuffle<i16>(r01, r23, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      }
      for (; from < end; from++, to += 4) {
        store<u8>(to, load<u8>(from));
        store<u8>(to, load<u8>(from + stride), 1);
        store<u8>(to, load<u8>(from + 2 * stride), 2);
        store<u8>(to, load<u8>(from + 3 * stride), 3);
      }
      rows += 4 * stride;
      count -= 4;
      at += 4;
    } else {
      for (; from + 8 <= end; from += 8, to += panelBytes) placeEight(from, to);
      for (; from < end; from++, to += 4) store<u8>(to, load<u8>(from));
      rows += stride;
      count--;
      at++;
    }
  }
}

// @ts-ignore: decorator
@inline
function placeEight(from: usize, to: usize): void {
  const v = v128.load64_zero(from);
  v128.store8_lane(to, v, 0);
  v128.store8_lane(to, v, 1, 4);
  v128.store8_lane(to, v, 2, 8);
  v128.store8_lane(to, v, 3, 12);
  v128.store8_lane(to, v, 4, 16);
  v128.store8_lane(to, v, 5, 20);
  v128.store8_lane(to, v, 6, 24);
  v128.store8_lane(to, v, 7, 28);
}

// @ts-ignore: decorator
@inline
function interleaveBytes(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
