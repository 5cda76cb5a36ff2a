// What decoding asks of a row of logits: the largest, where it is, the few largest for a beam search, and
// the sum of exponentials for log-softmax and sampling. In JavaScript a vocabulary of 51,865 would be as
// much work as a small model's network has with one token.

import { largestOf16s, madd, sumOfLanes } from "./lanes";

/** Float32 summed up before they are added to a float64: their rounding errors stay below 1e-6. */
const RUN: usize = 4096;

/**
 * F32: log2 e, least exponent, 1.5 * 2^23, and for 2^f on [-1/2, 1/2] the polynomial from f^5 on
 * (relative error 7.5e-8). Loaded before the loop, as in exp.ts.
 */
const CONSTANTS: usize = memory.data<f32>([
  1.44269504, -126, 12582912, 1.3276446843519807e-3, 9.675533510744572e-3, 5.550713092088699e-2,
  0.24022120237350464, 0.6931469440460205, 1.0000001192092896,
]);

/** The largest of values[0, count), those that are no numbers passed over; -Infinity of none. */
export function maximumF32(values: usize, count: usize): f32 {
  const end = values + (count << 2);
  let rest = values + ((count & ~15) << 2);
  let maximum = largestOf16s(values, rest);
  for (; rest < end; rest += 4) {
    const value = load<f32>(rest);
    if (value > maximum) maximum = value;
  }
  return maximum;
}

/** The first index of values[0, count) that holds `value`; 0 where none does. */
export function indexOfF32(values: usize, count: usize, value: f32): usize {
  const end = values + (count << 2);
  const end16 = values + ((count & ~15) << 2);
  const wanted = f32x4.splat(value);
  let p = values;
  for (; p < end16; p += 64) {
    const low = v128.or(f32x4.eq(v128.load(p), wanted), f32x4.eq(v128.load(p, 16), wanted));
    const high = v128.or(f32x4.eq(v128.load(p, 32), wanted), f32x4.eq(v128.load(p, 48), wanted));
    if (v128.any_true(v128.or(low, high))) break;
  }
  for (; p < end; p += 4) if (load<f32>(p) == value) return (p - values) >> 2;
  return 0;
}

/**
 * The sum of e^(factor (values[i] - maximum)) for i in [0, count); not a number where one of them is
 * none. maximum: the largest of them or more, finite. factor: one over a temperature.
 */
export function sumExpF32(values: usize, count: usize, maximum: f32, factor: f32): f64 {
  let sum: f64 = 0;
  while (count >= 4) {
    const run = min(RUN, count & ~3);
    sum += <f64>sumExpRun(values, values + (run << 2), 16, maximum, factor);
    values += run << 2;
    count -= run;
  }
  // One by one, each in all four lanes.
  return sum + 0.25 * <f64>sumExpRun(values, values + (count << 2), 4, maximum, factor);
}

function sumExpRun(values: usize, end: usize, step: usize, maximum: f32, factor: f32): f32 {
  const maxima = f32x4.splat(maximum);
  const log2e = f32x4.mul(v128.load32_splat(CONSTANTS), f32x4.splat(factor));
  const least = v128.load32_splat(CONSTANTS, 4);
  const rounding = v128.load32_splat(CONSTANTS, 8);
  const c5 = v128.load32_splat(CONSTANTS, 12);
  const c4 = v128.load32_splat(CONSTANTS, 16);
  const c3 = v128.load32_splat(CONSTANTS, 20);
  const c2 = v128.load32_splat(CONSTANTS, 24);
  const c1 = v128.load32_splat(CONSTANTS, 28);
  const c0 = v128.load32_splat(CONSTANTS, 32);
  let sums = f32x4.splat(0);
  // What is no number stays none in a sum, while its exponential could come out as anything.
  let differences = f32x4.splat(0);
  for (; values < end; values += step) {
    const value = step == 16 ? v128.load(values) : v128.load32_splat(values);
    const difference = f32x4.sub(value, maxima);
    differences = f32x4.add(differences, difference);
    const x = f32x4.pmax(f32x4.mul(difference, log2e), least);
    const n = f32x4.add(x, rounding);
    const f = f32x4.sub(x, f32x4.sub(n, rounding));
    let p = madd(c5, f, c4);
    p = madd(p, f, c3);
    p = madd(p, f, c2);
    p = madd(p, f, c1);
    p = madd(p, f, c0);
    sums = f32x4.add(sums, i32x4.add(p, i32x4.shl(n, 23)));
  }
  const isNumber = f32x4.eq(differences, differences);
  return v128.all_true<i32>(isNumber) ? sumOfLanes(sums) : NaN;
}

/**
 * Writes where the `most` largest of values[0, count) are, as U32, the largest first and the first
 * of equals first. What is no number, or -Infinity, is passed over.
 * @returns how many there are
 */
export function largestF32(values: usize, count: usize, most: usize, indices: usize): usize {
  const end = values + (count << 2);
  const end16 = values + ((count & ~15) << 2);
  let found: usize = 0;
  let least: f32 = -Infinity;
  for (let p = values; p < end; ) {
    let blockEnd = p + 4;
    if (p < end16) {
      blockEnd = p + 64;
      const bound = f32x4.splat(least);
      const low = v128.or(f32x4.gt(v128.load(p), bound), f32x4.gt(v128.load(p, 16), bound));
      const high = v128.or(
        f32x4.gt(v128.load(p, 32), bound),
        f32x4.gt(v128.load(p, 48), bound),
      );
      if (!v128.any_true(v128.or(low, high))) {
        p = blockEnd;
        continue;
      }
    }
    for (; p < blockEnd; p += 4) {
      const value = load<f32>(p);
      if (!(value > least)) continue;
      if (found < most) found++;
      insert(values, (p - values) >> 2, value, indices, found - 1);
      if (found == most) least = load<f32>(values + (load<u32>(indices + ((most - 1) << 2)) << 2));
    }
  }
  return found;
}

/** Moves what is smaller one place on, over the one at `last`. */
function insert(values: usize, index: usize, value: f32, indices: usize, last: usize): void {
  let place = indices + (last << 2);
  for (; place > indices; place -= 4) {
    const before = load<u32>(place - 4);
    if (load<f32>(values + (before << 2)) >= value) break;
    store<u32>(place, before);
  }
  store<u32>(place, <u32>index);
}
