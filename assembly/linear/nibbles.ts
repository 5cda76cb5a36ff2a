// Panels of 4-bit weights (pack-weights.ts) on their way into a product.

import { madd } from "../math/lanes";
import { GROUP_SCALES } from "./pack-weights";
import { PanelProduct } from "./panel-product";
import { storeColumns } from "./store-row";

// @ts-ignore: decorator
@inline
export function lowNibbles(w: v128): v128 {
  return v128.and(w, i8x16.splat(15));
}

// @ts-ignore: decorator
@inline
export function highNibbles(w: v128): v128 {
  return v128.and(i16x8.shr_u(w, 4), i8x16.splat(15));
}

/** Signed codes by nibbles, two products to an int16. */
// @ts-ignore: decorator
@inline
export function pairs(codes: v128, nibbles: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(codes, nibbles);
}

/** y + a group's sums times its scales for these four columns. */
// @ts-ignore: decorator
@inline
export function addScaled(y: v128, sums: v128, panel: usize): v128 {
  return madd(f32x4.convert_i32x4_s(sums), v128.load(panel, GROUP_SCALES), y);
}

// @ts-ignore: decorator
@inline
export function storeScaled(
  product: PanelProduct,
  y0: v128,
  y1: v128,
  rowScale: usize,
  output: usize,
): void {
  const scale = v128.load32_splat(rowScale);
  storeColumns(f32x4.mul(y0, scale), f32x4.mul(y1, scale), product.bias, output, product.mode);
}
