// Orthonormal Hadamard transform of rows whose length need not be a power of two, in place.
//
//   n = m 2^k with m = 12 or 20   H = H_m (x) H_2^k: m neighbouring blocks of 2^k are transformed by
//                                 Sylvester's matrix, then mixed column by column by H_m
//   any other n = odd 2^k         block-diagonal, `odd` blocks of Sylvester's matrix: 288 = 9 blocks of
//                                 32; one block where n = 2^k; the identity where n is odd
//
// Each of these is symmetric and orthonormal, hence its own inverse.
//
// Linear layers are rotated by H D, D a diagonal of fixed random signs: H alone would put a row's mean
// into the one coefficient of its constant row (QuaRot, Ashkboos et al., 2024, section 3).
//
// H_12 and H_20 are Paley's second construction over GF(5) and GF(9):
//   H = C (x) [[1, 1], [1, -1]] + I (x) [[1, -1], [-1, -1]],   C = [[0, 1], [1, Q]],
// Q_ab = 1 where a - b is a square of the field, -1 where it is none, 0 for a = b. With the blocks
// x_i, x'_i (2i and 2i + 1 of the row), s_i = x_i + x'_i and d_i = x_i - x'_i this is
//   y_i = (C s)_i + d_i,   y'_i = (C d)_i - s_i.
// Let A_i be the sum of those s_j whose j - i is a square and T that of all s_j, j > 0. Then
// (Q s)_i = 2 A_i - (T - s_i), and since s_i + d_i = 2 x_i and s_i - d_i = 2 x'_i,
//   y_0 / 2 = (T + d_0) / 2,   y_i / 2 = (s_0 - T) / 2 + A_i + x_i,
// and likewise with d for s, -s_0 for d_0 and -x'_i for x_i. That halves the additions, and the factor
// 2 goes into the scale.

import { fwhtRowsF32, fwhtSignedRowsF32 } from "./fwht";

/** H x in place. data: [rows, n], n >= 1. */
export function hadamardRowsF32(data: usize, rows: usize, n: usize): void {
  const powerOfTwo = (<usize>1) << ctz(n);
  const odd = n / powerOfTwo;
  if (!isMixed(powerOfTwo, odd)) {
    fwhtRowsF32(data, rows * odd, powerOfTwo, 1 / sqrt<f32>(<f32>powerOfTwo));
    return;
  }
  for (; rows > 0; rows--, data += n << 2) {
    fwhtRowsF32(data, odd << 2, powerOfTwo >> 2, 2 / sqrt<f32>(<f32>n));
    mix(data, odd, powerOfTwo);
  }
}

/** H D x in place. data: [rows, n], n >= 1. signs: U32 [n], the sign bit set where D is -1. */
export function rotateRowsF32(data: usize, rows: usize, n: usize, signs: usize): void {
  const powerOfTwo = (<usize>1) << ctz(n);
  const odd = n / powerOfTwo;
  const mixed = isMixed(powerOfTwo, odd);
  const blocks = mixed ? odd << 2 : odd;
  const block = mixed ? powerOfTwo >> 2 : powerOfTwo;
  const scale: f32 = mixed ? 2 / sqrt<f32>(<f32>n) : 1 / sqrt<f32>(<f32>powerOfTwo);
  for (; rows > 0; rows--, data += n << 2) {
    fwhtSignedRowsF32(data, blocks, block, scale, signs);
    if (mixed) mix(data, odd, block << 2);
  }
}

/** D H x in place, what rotateRowsF32 is undone by. */
export function unrotateRowsF32(data: usize, rows: usize, n: usize, signs: usize): void {
  hadamardRowsF32(data, rows, n);
  for (; rows > 0; rows--) {
    for (let sign = signs; sign < signs + (n << 2); sign += 4, data += 4) {
      store<u32>(data, load<u32>(data) ^ load<u32>(sign));
    }
  }
}

/** H_12 / 2 or H_20 / 2 on the 4 odd blocks of `blockBytes` from `row` on. */
function mix(row: usize, odd: usize, blockBytes: usize): void {
  if (odd == 3) {
    if (blockBytes < 16) mix12<f32>(row, blockBytes);
    else mix12<v128>(row, blockBytes);
  } else {
    if (blockBytes < 16) mix20<f32>(row, blockBytes);
    else mix20<v128>(row, blockBytes);
  }
}

/** Whether n = odd * powerOfTwo has a matrix H_12 or H_20 for its blocks. */
// @ts-ignore: decorator
@inline
function isMixed(powerOfTwo: usize, odd: usize): bool {
  return powerOfTwo >= 4 && (odd == 3 || odd == 5);
}

/** H_12 / 2 on the 12 runs of `block` bytes from p on; a column is one T, f32x4 or f32. */
function mix12<T>(p: usize, block: usize): void {
  for (const end = p + block; p < end; p += sizeof<T>()) {
    const x0 = load<T>(p);
    const z0 = load<T>(p + block);
    const x1 = load<T>(p + 2 * block);
    const z1 = load<T>(p + 3 * block);
    const x2 = load<T>(p + 4 * block);
    const z2 = load<T>(p + 5 * block);
    const x3 = load<T>(p + 6 * block);
    const z3 = load<T>(p + 7 * block);
    const x4 = load<T>(p + 8 * block);
    const z4 = load<T>(p + 9 * block);
    const x5 = load<T>(p + 10 * block);
    const z5 = load<T>(p + 11 * block);
    const s0 = add<T>(x0, z0);
    const s1 = add<T>(x1, z1);
    const s2 = add<T>(x2, z2);
    const s3 = add<T>(x3, z3);
    const s4 = add<T>(x4, z4);
    const s5 = add<T>(x5, z5);
    const d0 = sub<T>(x0, z0);
    const d1 = sub<T>(x1, z1);
    const d2 = sub<T>(x2, z2);
    const d3 = sub<T>(x3, z3);
    const d4 = sub<T>(x4, z4);
    const d5 = sub<T>(x5, z5);

    // The squares of GF(5) are 1 and 4: A_i is the sum of the two neighbours on the ring 1 .. 5.
    const sTotal = add<T>(add<T>(add<T>(s1, s2), add<T>(s3, s4)), s5);
    const sRest = halve<T>(sub<T>(s0, sTotal));
    store<T>(p, halve<T>(add<T>(sTotal, d0)));
    store<T>(p + 2 * block, add<T>(sRest, add<T>(add<T>(s2, s5), x1)));
    store<T>(p + 4 * block, add<T>(sRest, add<T>(add<T>(s3, s1), x2)));
    store<T>(p + 6 * block, add<T>(sRest, add<T>(add<T>(s4, s2), x3)));
    store<T>(p + 8 * block, add<T>(sRest, add<T>(add<T>(s5, s3), x4)));
    store<T>(p + 10 * block, add<T>(sRest, add<T>(add<T>(s1, s4), x5)));
    const dTotal = add<T>(add<T>(add<T>(d1, d2), add<T>(d3, d4)), d5);
    const dRest = halve<T>(sub<T>(d0, dTotal));
    store<T>(p + block, halve<T>(sub<T>(dTotal, s0)));
    store<T>(p + 3 * block, add<T>(dRest, sub<T>(add<T>(d2, d5), z1)));
    store<T>(p + 5 * block, add<T>(dRest, sub<T>(add<T>(d3, d1), z2)));
    store<T>(p + 7 * block, add<T>(dRest, sub<T>(add<T>(d4, d2), z3)));
    store<T>(p + 9 * block, add<T>(dRest, sub<T>(add<T>(d5, d3), z4)));
    store<T>(p + 11 * block, add<T>(dRest, sub<T>(add<T>(d1, d4), z5)));
  }
}

/** H_20 / 2 likewise. */
function mix20<T>(p: usize, block: usize): void {
  for (const end = p + block; p < end; p += sizeof<T>()) {
    const x0 = load<T>(p);
    const z0 = load<T>(p + block);
    const x1 = load<T>(p + 2 * block);
    const z1 = load<T>(p + 3 * block);
    const x2 = load<T>(p + 4 * block);
    const z2 = load<T>(p + 5 * block);
    const x3 = load<T>(p + 6 * block);
    const z3 = load<T>(p + 7 * block);
    const x4 = load<T>(p + 8 * block);
    const z4 = load<T>(p + 9 * block);
    const x5 = load<T>(p + 10 * block);
    const z5 = load<T>(p + 11 * block);
    const x6 = load<T>(p + 12 * block);
    const z6 = load<T>(p + 13 * block);
    const x7 = load<T>(p + 14 * block);
    const z7 = load<T>(p + 15 * block);
    const x8 = load<T>(p + 16 * block);
    const z8 = load<T>(p + 17 * block);
    const x9 = load<T>(p + 18 * block);
    const z9 = load<T>(p + 19 * block);
    const s0 = add<T>(x0, z0);
    const s1 = add<T>(x1, z1);
    const s2 = add<T>(x2, z2);
    const s3 = add<T>(x3, z3);
    const s4 = add<T>(x4, z4);
    const s5 = add<T>(x5, z5);
    const s6 = add<T>(x6, z6);
    const s7 = add<T>(x7, z7);
    const s8 = add<T>(x8, z8);
    const s9 = add<T>(x9, z9);
    const d0 = sub<T>(x0, z0);
    const d1 = sub<T>(x1, z1);
    const d2 = sub<T>(x2, z2);
    const d3 = sub<T>(x3, z3);
    const d4 = sub<T>(x4, z4);
    const d5 = sub<T>(x5, z5);
    const d6 = sub<T>(x6, z6);
    const d7 = sub<T>(x7, z7);
    const d8 = sub<T>(x8, z8);
    const d9 = sub<T>(x9, z9);

    // GF(9) is the 3 x 3 grid 1 2 3 / 4 5 6 / 7 8 9, and a difference is a square where two points share
    // a row or a column: A_i = row + column - 2 s_i, where x_i - 2 s_i = -(s_i + x'_i) and, for the
    // d, -x'_i - 2 d_i = -(d_i + x_i).
    const sRow0 = add<T>(add<T>(s1, s2), s3);
    const sRow1 = add<T>(add<T>(s4, s5), s6);
    const sRow2 = add<T>(add<T>(s7, s8), s9);
    const sTotal = add<T>(add<T>(sRow0, sRow1), sRow2);
    const sRest = halve<T>(sub<T>(s0, sTotal));
    const sColumn0 = add<T>(sRest, add<T>(add<T>(s1, s4), s7));
    const sColumn1 = add<T>(sRest, add<T>(add<T>(s2, s5), s8));
    const sColumn2 = add<T>(sRest, add<T>(add<T>(s3, s6), s9));
    store<T>(p, halve<T>(add<T>(sTotal, d0)));
    store<T>(p + 2 * block, sub<T>(add<T>(sRow0, sColumn0), add<T>(s1, z1)));
    store<T>(p + 4 * block, sub<T>(add<T>(sRow0, sColumn1), add<T>(s2, z2)));
    store<T>(p + 6 * block, sub<T>(add<T>(sRow0, sColumn2), add<T>(s3, z3)));
    store<T>(p + 8 * block, sub<T>(add<T>(sRow1, sColumn0), add<T>(s4, z4)));
    store<T>(p + 10 * block, sub<T>(add<T>(sRow1, sColumn1), add<T>(s5, z5)));
    store<T>(p + 12 * block, sub<T>(add<T>(sRow1, sColumn2), add<T>(s6, z6)));
    store<T>(p + 14 * block, sub<T>(add<T>(sRow2, sColumn0), add<T>(s7, z7)));
    store<T>(p + 16 * block, sub<T>(add<T>(sRow2, sColumn1), add<T>(s8, z8)));
    store<T>(p + 18 * block, sub<T>(add<T>(sRow2, sColumn2), add<T>(s9, z9)));
    const dRow0 = add<T>(add<T>(d1, d2), d3);
    const dRow1 = add<T>(add<T>(d4, d5), d6);
    const dRow2 = add<T>(add<T>(d7, d8), d9);
    const dTotal = add<T>(add<T>(dRow0, dRow1), dRow2);
    const dRest = halve<T>(sub<T>(d0, dTotal));
    const dColumn0 = add<T>(dRest, add<T>(add<T>(d1, d4), d7));
    const dColumn1 = add<T>(dRest, add<T>(add<T>(d2, d5), d8));
    const dColumn2 = add<T>(dRest, add<T>(add<T>(d3, d6), d9));
    store<T>(p + block, halve<T>(sub<T>(dTotal, s0)));
    store<T>(p + 3 * block, sub<T>(add<T>(dRow0, dColumn0), add<T>(d1, x1)));
    store<T>(p + 5 * block, sub<T>(add<T>(dRow0, dColumn1), add<T>(d2, x2)));
    store<T>(p + 7 * block, sub<T>(add<T>(dRow0, dColumn2), add<T>(d3, x3)));
    store<T>(p + 9 * block, sub<T>(add<T>(dRow1, dColumn0), add<T>(d4, x4)));
    store<T>(p + 11 * block, sub<T>(add<T>(dRow1, dColumn1), add<T>(d5, x5)));
    store<T>(p + 13 * block, sub<T>(add<T>(dRow1, dColumn2), add<T>(d6, x6)));
    store<T>(p + 15 * block, sub<T>(add<T>(dRow2, dColumn0), add<T>(d7, x7)));
    store<T>(p + 17 * block, sub<T>(add<T>(dRow2, dColumn1), add<T>(d8, x8)));
    store<T>(p + 19 * block, sub<T>(add<T>(dRow2, dColumn2), add<T>(d9, x9)));
  }
}

// @ts-ignore: decorator
@inline
function add<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.add(a, b);
  else return a + b;
}

// @ts-ignore: decorator
@inline
function sub<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.sub(a, b);
  else return a - b;
}

// @ts-ignore: decorator
@inline
function halve<T>(a: T): T {
  if (isVector<T>()) return f32x4.mul(a, f32x4.splat(0.5));
  else return <T>(a * 0.5);
}
