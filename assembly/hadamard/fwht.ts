// Fast Walsh-Hadamard transform of rows in natural (Sylvester) order, in place, n = 2^k:
// y = scale * H x with H_1 = [1], H_2n = [[H_n, H_n], [H_n, -H_n]].
//
// The head pass takes 16 or 32 consecutive elements through their first 4 or 5 levels in registers,
// later passes take 3 levels at a time on 8 vectors (two for one pass where k asks for it): 8 vectors
// live is the radix that fills the registers without a spill, and fewer passes mean fewer loads.
// The scale rides on the last of these: they wait for additions, so that a product costs nothing.

/** data: [rows, n], n a power of two. scale: 1 / sqrt(n) makes it orthonormal, 1 leaves it raw. */
export function fwhtRowsF32(data: usize, rows: usize, n: usize, scale: f32): void {
  transformRows<Unsigned>(data, rows, n, scale, false);
}

/**
 * The same of D x: signs are changed where the head pass loads, so that D costs no pass of its own.
 * signs: U32 [rows, n], the sign bit set or not.
 */
export function fwhtSignedRowsF32(
  data: usize,
  rows: usize,
  n: usize,
  scale: f32,
  signs: usize,
): void {
  transformRows<usize>(data, rows, n, scale, signs - data);
}

/** `toSigns`: from a number to its sign, in bytes. */
function transformRows<D>(data: usize, rows: usize, n: usize, scale: f32, toSigns: D): void {
  const rowBytes = n << 2;
  const end = data + rows * rowBytes;
  if (n < 16) {
    for (; data < end; data += rowBytes) transformShort<D>(data, n, scale, toSigns);
  } else if (n == 16) {
    head16<v128, D>(data, end, f32x4.splat(scale), toSigns);
  } else if (n == 32) {
    head32<v128, D>(data, end, f32x4.splat(scale), toSigns);
  } else {
    for (; data < end; data += rowBytes) transformRow<D>(data, rowBytes, ctz(n), scale, toSigns);
  }
}

function transformRow<D>(
  row: usize,
  rowBytes: usize,
  levels: usize,
  scale: f32,
  toSigns: D,
): void {
  const end = row + rowBytes;
  let stride: usize = 64;
  if (levels % 3 == 2) {
    head32<Unscaled, D>(row, end, false, toSigns);
    stride = 128;
  } else {
    head16<Unscaled, D>(row, end, false, toSigns);
  }
  if (levels % 3 == 0) {
    const passScale: f32 = stride << 2 == rowBytes ? scale : 1;
    for (let block = row; block < end; block += stride << 2) radix4(block, stride, passScale);
    stride <<= 2;
  }
  for (; stride < rowBytes; stride <<= 3) {
    const passScale: f32 = stride << 3 == rowBytes ? scale : 1;
    for (let block = row; block < end; block += stride << 3) radix8(block, stride, passScale);
  }
}

/** n = 1, 2, 4 or 8. */
function transformShort<D>(row: usize, n: usize, scale: f32, toSigns: D): void {
  if (n < 4) {
    const a: f32 = signedNumber<D>(row, toSigns) * scale;
    if (n == 1) {
      store<f32>(row, a);
      return;
    }
    const b: f32 = signedNumber<D>(row + 4, toSigns) * scale;
    store<f32>(row, a + b);
    store<f32>(row, a - b, 4);
    return;
  }
  const u = f32x4.mul(signed<D>(v128.load(row), row, toSigns), f32x4.splat(scale));
  if (n == 4) {
    v128.store(row, transformFirst(u, u));
    return;
  }
  const v = f32x4.mul(signed<D>(v128.load(row, 16), row + 16, toSigns), f32x4.splat(scale));
  const a = transformFirst(u, v);
  const b = transformSecond(u, v);
  v128.store(row, f32x4.add(a, b));
  v128.store(row, f32x4.sub(a, b), 16);
}

// The two levels inside the vectors u and v: pairs of lanes are brought opposite each other, added and
// subtracted, twice. `transformFirst` gives the transform of u, `transformSecond` that of v; inlined
// side by side, all but their last shuffle is one computation to the compiler.

// @ts-ignore: decorator
@inline
function transformFirst(u: v128, v: v128): v128 {
  const s = pairSums(u, v);
  const d = pairDifferences(u, v);
  return evens(pairSums(s, d), pairDifferences(s, d));
}

// @ts-ignore: decorator
@inline
function transformSecond(u: v128, v: v128): v128 {
  const s = pairSums(u, v);
  const d = pairDifferences(u, v);
  return odds(pairSums(s, d), pairDifferences(s, d));
}

// @ts-ignore: decorator
@inline
function pairSums(u: v128, v: v128): v128 {
  return f32x4.add(evens(u, v), odds(u, v));
}

// @ts-ignore: decorator
@inline
function pairDifferences(u: v128, v: v128): v128 {
  return f32x4.sub(evens(u, v), odds(u, v));
}

// @ts-ignore: decorator
@inline
function evens(u: v128, v: v128): v128 {
  return v128.shuffle<f32>(u, v, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function odds(u: v128, v: v128): v128 {
  return v128.shuffle<f32>(u, v, 1, 3, 5, 7);
}

/** What a head pass is given in place of the scales when a later pass multiplies. */
type Unscaled = bool;

// @ts-ignore: decorator
@inline
function scaled<S>(v: v128, scales: S): v128 {
  if (isVector<S>()) return f32x4.mul(v, scales);
  else return v;
}

/** What a transform is given in place of the way to its signs when it has none. */
type Unsigned = bool;

/** v, which was loaded from p, with its signs changed. */
// @ts-ignore: decorator
@inline
function signed<D>(v: v128, p: usize, toSigns: D): v128 {
  if (sizeof<D>() == sizeof<usize>()) return v128.xor(v, v128.load(p + <usize>toSigns));
  else return v;
}

// @ts-ignore: decorator
@inline
function signedNumber<D>(p: usize, toSigns: D): f32 {
  if (sizeof<D>() == sizeof<usize>()) {
    return reinterpret<f32>(load<u32>(p) ^ load<u32>(p + <usize>toSigns));
  } else return load<f32>(p);
}

/** Levels 1 to 4 of every 16 elements. */
function head16<S, D>(p: usize, end: usize, scales: S, toSigns: D): void {
  for (; p < end; p += 64) {
    const u0 = scaled<S>(signed<D>(v128.load(p), p, toSigns), scales);
    const u1 = scaled<S>(signed<D>(v128.load(p, 16), p + 16, toSigns), scales);
    const a0 = transformFirst(u0, u1);
    const a1 = transformSecond(u0, u1);
    const u2 = scaled<S>(signed<D>(v128.load(p, 32), p + 32, toSigns), scales);
    const u3 = scaled<S>(signed<D>(v128.load(p, 48), p + 48, toSigns), scales);
    const a2 = transformFirst(u2, u3);
    const a3 = transformSecond(u2, u3);
    const b0 = f32x4.add(a0, a1);
    const b1 = f32x4.sub(a0, a1);
    const b2 = f32x4.add(a2, a3);
    const b3 = f32x4.sub(a2, a3);
    v128.store(p, f32x4.add(b0, b2));
    v128.store(p, f32x4.add(b1, b3), 16);
    v128.store(p, f32x4.sub(b0, b2), 32);
    v128.store(p, f32x4.sub(b1, b3), 48);
  }
}

/** Levels 1 to 5 of every 32 elements. */
function head32<S, D>(p: usize, end: usize, scales: S, toSigns: D): void {
  for (; p < end; p += 128) {
    const u0 = scaled<S>(signed<D>(v128.load(p), p, toSigns), scales);
    const u1 = scaled<S>(signed<D>(v128.load(p, 16), p + 16, toSigns), scales);
    const a0 = transformFirst(u0, u1);
    const a1 = transformSecond(u0, u1);
    const u2 = scaled<S>(signed<D>(v128.load(p, 32), p + 32, toSigns), scales);
    const u3 = scaled<S>(signed<D>(v128.load(p, 48), p + 48, toSigns), scales);
    const a2 = transformFirst(u2, u3);
    const a3 = transformSecond(u2, u3);
    const u4 = scaled<S>(signed<D>(v128.load(p, 64), p + 64, toSigns), scales);
    const u5 = scaled<S>(signed<D>(v128.load(p, 80), p + 80, toSigns), scales);
    const a4 = transformFirst(u4, u5);
    const a5 = transformSecond(u4, u5);
    const u6 = scaled<S>(signed<D>(v128.load(p, 96), p + 96, toSigns), scales);
    const u7 = scaled<S>(signed<D>(v128.load(p, 112), p + 112, toSigns), scales);
    const a6 = transformFirst(u6, u7);
    const a7 = transformSecond(u6, u7);
    const b0 = f32x4.add(a0, a1);
    const b1 = f32x4.sub(a0, a1);
    const b2 = f32x4.add(a2, a3);
    const b3 = f32x4.sub(a2, a3);
    const b4 = f32x4.add(a4, a5);
    const b5 = f32x4.sub(a4, a5);
    const b6 = f32x4.add(a6, a7);
    const b7 = f32x4.sub(a6, a7);
    const c0 = f32x4.add(b0, b2);
    const c1 = f32x4.add(b1, b3);
    const c2 = f32x4.sub(b0, b2);
    const c3 = f32x4.sub(b1, b3);
    const c4 = f32x4.add(b4, b6);
    const c5 = f32x4.add(b5, b7);
    const c6 = f32x4.sub(b4, b6);
    const c7 = f32x4.sub(b5, b7);
    v128.store(p, f32x4.add(c0, c4));
    v128.store(p, f32x4.add(c1, c5), 16);
    v128.store(p, f32x4.add(c2, c6), 32);
    v128.store(p, f32x4.add(c3, c7), 48);
    v128.store(p, f32x4.sub(c0, c4), 64);
    v128.store(p, f32x4.sub(c1, c5), 80);
    v128.store(p, f32x4.sub(c2, c6), 96);
    v128.store(p, f32x4.sub(c3, c7), 112);
  }
}

/** Two levels: the four runs of `stride` bytes from p on; times `scale`. */
function radix4(p: usize, stride: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (const end = p + stride; p < end; p += 16) {
    const p1 = p + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    const a0 = v128.load(p);
    const a1 = v128.load(p1);
    const a2 = v128.load(p2);
    const a3 = v128.load(p3);
    const b0 = f32x4.add(a0, a1);
    const b1 = f32x4.sub(a0, a1);
    const b2 = f32x4.add(a2, a3);
    const b3 = f32x4.sub(a2, a3);
    v128.store(p, f32x4.mul(f32x4.add(b0, b2), scales));
    v128.store(p1, f32x4.mul(f32x4.add(b1, b3), scales));
    v128.store(p2, f32x4.mul(f32x4.sub(b0, b2), scales));
    v128.store(p3, f32x4.mul(f32x4.sub(b1, b3), scales));
  }
}

/** Three levels: the eight runs of `stride` bytes from p on; times `scale`. */
function radix8(p: usize, stride: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (const end = p + stride; p < end; p += 16) {
    const p1 = p + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    const p4 = p3 + stride;
    const p5 = p4 + stride;
    const p6 = p5 + stride;
    const p7 = p6 + stride;
    const a0 = v128.load(p);
    const a1 = v128.load(p1);
    const a2 = v128.load(p2);
    const a3 = v128.load(p3);
    const a4 = v128.load(p4);
    const a5 = v128.load(p5);
    const a6 = v128.load(p6);
    const a7 = v128.load(p7);
    const b0 = f32x4.add(a0, a1);
    const b1 = f32x4.sub(a0, a1);
    const b2 = f32x4.add(a2, a3);
    const b3 = f32x4.sub(a2, a3);
    const b4 = f32x4.add(a4, a5);
    const b5 = f32x4.sub(a4, a5);
    const b6 = f32x4.add(a6, a7);
    const b7 = f32x4.sub(a6, a7);
    const c0 = f32x4.add(b0, b2);
    const c1 = f32x4.add(b1, b3);
    const c2 = f32x4.sub(b0, b2);
    const c3 = f32x4.sub(b1, b3);
    const c4 = f32x4.add(b4, b6);
    const c5 = f32x4.add(b5, b7);
    const c6 = f32x4.sub(b4, b6);
    const c7 = f32x4.sub(b5, b7);
    v128.store(p, f32x4.mul(f32x4.add(c0, c4), scales));
    v128.store(p1, f32x4.mul(f32x4.add(c1, c5), scales));
    v128.store(p2, f32x4.mul(f32x4.add(c2, c6), scales));
    v128.store(p3, f32x4.mul(f32x4.add(c3, c7), scales));
    v128.store(p4, f32x4.mul(f32x4.sub(c0, c4), scales));
    v128.store(p5, f32x4.mul(f32x4.sub(c1, c5), scales));
    v128.store(p6, f32x4.mul(f32x4.sub(c2, c6), scales));
    v128.store(p7, f32x4.mul(f32x4.sub(c3, c7), scales));
  }
}
