// Sums and largest of lanes, or of parts of them.

/** a * b + c: one rounding or two, as the machine has it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
export function sumOfLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

// @ts-ignore: decorator
@inline
export function largestLane(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** The largest float32 from `values` to `end`, a multiple of 16; what is no number is passed over. */
// @ts-ignore: decorator
@inline
export function largestOf16s(values: usize, end: usize): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  for (; values < end; values += 64) {
    a = f32x4.pmax(a, v128.load(values));
    b = f32x4.pmax(b, v128.load(values, 16));
    c = f32x4.pmax(c, v128.load(values, 32));
    d = f32x4.pmax(d, v128.load(values, 48));
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  return largestLane(a);
}

/** int32: the sums of a's two pairs of lanes, then those of b's. */
// @ts-ignore: decorator
@inline
export function addPairs(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** int32: the sum of each lane's 4 signed bytes. */
// @ts-ignore: decorator
@inline
export function addQuads(v: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v));
}
