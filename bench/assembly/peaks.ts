// What the arithmetic units can do when nothing is loaded or stored: the roofs of the kernels' rates.
// There are enough independent chains to hide the latencies, few enough for the registers (a spill
// would be measured in their place). Each product depends on the one of the turn before, so that no
// compiler can lift it out of the loop; the sums are returned, so that none can leave it out.

/** Products and sums of one turn of peakF32: 12 fused, or 6 of each, on vectors of 4. */
export const F32_OPERATIONS: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 * 4 * 2 : 6 * 4 * 2;
/** The same of peakInt8: 12 vectors of 16 bytes, or 8 of 8 int16. */
export const INT8_OPERATIONS: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 * 16 * 2 : 8 * 8 * 2;

/** `one`: 1, which the compiler must not know. */
export function peakF32(turns: i32, one: f32): f32 {
  const x = f32x4.splat(one);
  return ASC_FEATURE_RELAXED_SIMD ? fusedSums<f32>(turns, x) : multipliesAndAdds(turns, x);
}

/** The relaxed dot product of bytes; without relaxed SIMD that of int16. */
export function peakInt8(turns: i32, one: f32): f32 {
  const x = i8x16.splat(<i8>one);
  return ASC_FEATURE_RELAXED_SIMD ? fusedSums<i32>(turns, x) : int16Dots(turns, x);
}

/** T: f32 or i32, the type of the sums. */
function fusedSums<T>(turns: i32, x: v128): f32 {
  let a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x;
  let b0 = x, b1 = x, b2 = x, b3 = x, b4 = x, b5 = x;
  for (let i = 0; i < turns; i++) {
    a0 = fused<T>(x, a0);
    a1 = fused<T>(x, a1);
    a2 = fused<T>(x, a2);
    a3 = fused<T>(x, a3);
    a4 = fused<T>(x, a4);
    a5 = fused<T>(x, a5);
    b0 = fused<T>(x, b0);
    b1 = fused<T>(x, b1);
    b2 = fused<T>(x, b2);
    b3 = fused<T>(x, b3);
    b4 = fused<T>(x, b4);
    b5 = fused<T>(x, b5);
  }
  a0 = v128.add<T>(v128.add<T>(v128.add<T>(a0, a1), v128.add<T>(a2, a3)), v128.add<T>(a4, a5));
  b0 = v128.add<T>(v128.add<T>(v128.add<T>(b0, b1), v128.add<T>(b2, b3)), v128.add<T>(b4, b5));
  return <f32>v128.extract_lane<T>(v128.add<T>(a0, b0), 0);
}

// @ts-ignore: decorator
@inline
function fused<T>(x: v128, sum: v128): v128 {
  return isFloat<T>()
    ? f32x4.relaxed_madd(x, x, sum)
    : i32x4.relaxed_dot_i8x16_i7x16_add_s(x, x, sum);
}

function multipliesAndAdds(turns: i32, x: v128): f32 {
  let a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x;
  let m0 = x, m1 = x, m2 = x, m3 = x, m4 = x, m5 = x;
  for (let i = 0; i < turns; i++) {
    a0 = f32x4.add(a0, m0);
    m0 = f32x4.mul(m0, x);
    a1 = f32x4.add(a1, m1);
    m1 = f32x4.mul(m1, x);
    a2 = f32x4.add(a2, m2);
    m2 = f32x4.mul(m2, x);
    a3 = f32x4.add(a3, m3);
    m3 = f32x4.mul(m3, x);
    a4 = f32x4.add(a4, m4);
    m4 = f32x4.mul(m4, x);
    a5 = f32x4.add(a5, m5);
    m5 = f32x4.mul(m5, x);
  }
  a0 = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(a4, a5));
  m0 = f32x4.add(f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)), f32x4.add(m4, m5));
  return f32x4.extract_lane(f32x4.add(a0, m0), 0);
}

function int16Dots(turns: i32, x: v128): f32 {
  let a0 = x, a1 = x, a2 = x, a3 = x;
  let m0 = x, m1 = x, m2 = x, m3 = x, m4 = x, m5 = x, m6 = x, m7 = x;
  for (let i = 0; i < turns; i++) {
    a0 = i32x4.add(a0, m0);
    m0 = i32x4.dot_i16x8_s(m0, x);
    a1 = i32x4.add(a1, m1);
    m1 = i32x4.dot_i16x8_s(m1, x);
    a2 = i32x4.add(a2, m2);
    m2 = i32x4.dot_i16x8_s(m2, x);
    a3 = i32x4.add(a3, m3);
    m3 = i32x4.dot_i16x8_s(m3, x);
    a0 = i32x4.add(a0, m4);
    m4 = i32x4.dot_i16x8_s(m4, x);
    a1 = i32x4.add(a1, m5);
    m5 = i32x4.dot_i16x8_s(m5, x);
    a2 = i32x4.add(a2, m6);
    m6 = i32x4.dot_i16x8_s(m6, x);
    a3 = i32x4.add(a3, m7);
    m7 = i32x4.dot_i16x8_s(m7, x);
  }
  a0 = i32x4.add(i32x4.add(i32x4.add(a0, a1), i32x4.add(a2, a3)), i32x4.add(m6, m7));
  m0 = i32x4.add(i32x4.add(i32x4.add(m0, m1), i32x4.add(m2, m3)), i32x4.add(m4, m5));
  return f32x4.extract_lane(i32x4.add(a0, m0), 0);
}
