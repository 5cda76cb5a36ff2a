// Rows of float32 by one panel of matmul-f32.ts.
//
// 6 x 8 sums, or 5 x 8 where a product needs a register of its own, are what 15 registers hold
// without a spill.

import { madd } from "../math/lanes";
import { PANEL } from "./pack-f32";
import { rowCount } from "./row-count";

/** Rows by one panel. */
export function multiplyTile<Rows>(
  a: usize,
  aBytes: usize,
  panel: usize,
  bias: usize,
  c: usize,
  cBytes: usize,
  depth: usize,
  fromC: bool,
): void {
  let a0 = a;
  let a1 = a0 + aBytes;
  let a2 = a1 + aBytes;
  let a3 = a2 + aBytes;
  let a4 = a3 + aBytes;
  let a5 = a4 + aBytes;
  const c0 = c;
  const c1 = c0 + cBytes;
  const c2 = c1 + cBytes;
  const c3 = c2 + cBytes;
  const c4 = c3 + cBytes;
  const c5 = c4 + cBytes;
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  if (bias != 0) {
    s00 = v128.load(bias);
    s01 = v128.load(bias, 16);
  }
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  let s40 = s00;
  let s41 = s01;
  let s50 = s00;
  let s51 = s01;
  if (fromC) {
    s00 = f32x4.add(s00, v128.load(c0));
    s01 = f32x4.add(s01, v128.load(c0, 16));
    s10 = f32x4.add(s10, v128.load(c1));
    s11 = f32x4.add(s11, v128.load(c1, 16));
    if (rowCount<Rows>() > 2) {
      s20 = f32x4.add(s20, v128.load(c2));
      s21 = f32x4.add(s21, v128.load(c2, 16));
    }
    if (rowCount<Rows>() > 3) {
      s30 = f32x4.add(s30, v128.load(c3));
      s31 = f32x4.add(s31, v128.load(c3, 16));
    }
    if (rowCount<Rows>() > 4) {
      s40 = f32x4.add(s40, v128.load(c4));
      s41 = f32x4.add(s41, v128.load(c4, 16));
    }
    if (rowCount<Rows>() > 5) {
      s50 = f32x4.add(s50, v128.load(c5));
      s51 = f32x4.add(s51, v128.load(c5, 16));
    }
  }
  const end = panel + ((depth * PANEL) << 2);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load32_splat(a0);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    if (rowCount<Rows>() > 2) {
      x = v128.load32_splat(a2);
      s20 = madd(x, b0, s20);
      s21 = madd(x, b1, s21);
    }
    if (rowCount<Rows>() > 3) {
      x = v128.load32_splat(a3);
      s30 = madd(x, b0, s30);
      s31 = madd(x, b1, s31);
    }
    if (rowCount<Rows>() > 4) {
      x = v128.load32_splat(a4);
      s40 = madd(x, b0, s40);
      s41 = madd(x, b1, s41);
    }
    if (rowCount<Rows>() > 5) {
      x = v128.load32_splat(a5);
      s50 = madd(x, b0, s50);
      s51 = madd(x, b1, s51);
    }
    a0 += 4;
    a1 += 4;
    if (rowCount<Rows>() > 2) a2 += 4;
    if (rowCount<Rows>() > 3) a3 += 4;
    if (rowCount<Rows>() > 4) a4 += 4;
    if (rowCount<Rows>() > 5) a5 += 4;
    panel += PANEL << 2;
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  if (rowCount<Rows>() > 2) {
    v128.store(c2, s20);
    v128.store(c2, s21, 16);
  }
  if (rowCount<Rows>() > 3) {
    v128.store(c3, s30);
    v128.store(c3, s31, 16);
  }
  if (rowCount<Rows>() > 4) {
    v128.store(c4, s40);
    v128.store(c4, s41, 16);
  }
  if (rowCount<Rows>() > 5) {
    v128.store(c5, s50);
    v128.store(c5, s51, 16);
  }
}

/** One row by one panel, four steps of k at a time so that the additions do not wait for each other. */
export function multiplyRow(
  a: usize,
  panel: usize,
  bias: usize,
  c: usize,
  depth: usize,
  fromC: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  if (bias != 0) {
    s0 = v128.load(bias);
    s1 = v128.load(bias, 16);
  }
  if (fromC) {
    s0 = f32x4.add(s0, v128.load(c));
    s1 = f32x4.add(s1, v128.load(c, 16));
  }
  let t0 = f32x4.splat(0);
  let t1 = f32x4.splat(0);
  let u0 = f32x4.splat(0);
  let u1 = f32x4.splat(0);
  let w0 = f32x4.splat(0);
  let w1 = f32x4.splat(0);
  const end4 = a + ((depth & ~3) << 2);
  const end = a + (depth << 2);
  while (a < end4) {
    let x = v128.load32_splat(a);
    s0 = madd(x, v128.load(panel), s0);
    s1 = madd(x, v128.load(panel, 16), s1);
    x = v128.load32_splat(a, 4);
    t0 = madd(x, v128.load(panel, 32), t0);
    t1 = madd(x, v128.load(panel, 48), t1);
    x = v128.load32_splat(a, 8);
    u0 = madd(x, v128.load(panel, 64), u0);
    u1 = madd(x, v128.load(panel, 80), u1);
    x = v128.load32_splat(a, 12);
    w0 = madd(x, v128.load(panel, 96), w0);
    w1 = madd(x, v128.load(panel, 112), w1);
    a += 16;
    panel += PANEL << 4;
  }
  while (a < end) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(panel), s0);
    s1 = madd(x, v128.load(panel, 16), s1);
    a += 4;
    panel += PANEL << 2;
  }
  v128.store(c, f32x4.add(f32x4.add(s0, t0), f32x4.add(u0, w0)));
  v128.store(c, f32x4.add(f32x4.add(s1, t1), f32x4.add(u1, w1)), 16);
}

/** One row by the last panel, of which only `columns` < 8 outputs exist. */
export function multiplyTail(
  a: usize,
  panel: usize,
  bias: usize,
  c: usize,
  depth: usize,
  columns: usize,
  fromC: bool,
): void {
  for (let column: usize = 0; column < columns; column++, c += 4) {
    let sum: f32 = fromC ? load<f32>(c) : 0;
    if (bias != 0) sum += load<f32>(bias + (column << 2));
    let b = panel + (column << 2);
    for (let k: usize = 0; k < depth; k++, b += PANEL << 2) {
      sum += load<f32>(a + (k << 2)) * load<f32>(b);
    }
    store<f32>(c, sum);
  }
}
