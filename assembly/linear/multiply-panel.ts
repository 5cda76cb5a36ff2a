// Rows of activation codes by one panel of 8 int8 columns: what linear layers and attention are made
// of. Sums are int32, exact; scales, bias and what is there already come in when a sum is stored.
//
// A panel is [depth / 4][8 columns][4 inputs]: one sequential stream for a single row, and for many
// rows small enough to stay in the first-level cache. How many rows go at a time is measured; nothing
// is unrolled by hand but the single row, whose sums would wait for each other.

import {
  dotHasTwoSteps,
  multiplyRowPlain,
  OneStep,
  Plain,
  TwoSteps,
  widenPanel,
} from "./dot-product";
import { multiplyRow, multiplyTile } from "./multiply-tile";
import { PanelProduct } from "./panel-product";
import { FiveRows, FourRows, nextTileRows, SixRows, ThreeRows, TwoRows } from "./row-count";

/**
 * output[r, j] = (ACCUMULATE ? output[r, j] : 0) + bias[j]
 *              + rowScales[r] * columnScales[j] * sum over k of value(codes[r, k]) * panel[j, k]
 */
export function multiplyPanel(product: PanelProduct): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (dotHasTwoSteps()) multiplyRows<TwoSteps>(product, product.panel);
    else multiplyRows<OneStep>(product, product.panel);
  } else {
    // For fewer rows, widening it would be the greater part of the work.
    const isWidened = product.rows >= changetype<Plain>(0).rows;
    if (isWidened) widenPanel(product.panel, product.depth, product.widened);
    multiplyRows<Plain>(product, isWidened ? product.widened : 0);
  }
}

/** Tiles by `tilePanel`, where there is one; single rows by the panel itself. */
// @ts-ignore: decorator
@inline
function multiplyRows<Dot>(product: PanelProduct, tilePanel: usize): void {
  const most = changetype<Dot>(0).rows;
  let codes = product.codes;
  let rowScales = product.rowScales;
  let output = product.output;
  let rows = product.rows;
  while (rows > 0) {
    const count: usize = tilePanel == 0 ? 1 : nextTileRows(rows, most);
    if (count == 1) {
      if (ASC_FEATURE_RELAXED_SIMD) multiplyRow<Dot>(product, codes, rowScales, output);
      else multiplyRowPlain(product, codes, rowScales, output);
    } else if (most >= 6 && count == 6) {
      multiplyTile<Dot, SixRows>(product, tilePanel, codes, rowScales, output);
    } else if (most >= 5 && count == 5) {
      multiplyTile<Dot, FiveRows>(product, tilePanel, codes, rowScales, output);
    } else if (count == 4) {
      multiplyTile<Dot, FourRows>(product, tilePanel, codes, rowScales, output);
    } else if (count == 3) {
      multiplyTile<Dot, ThreeRows>(product, tilePanel, codes, rowScales, output);
    } else {
      multiplyTile<Dot, TwoRows>(product, tilePanel, codes, rowScales, output);
    }
    rows -= count;
    codes += count * product.codeStride;
    output += count * product.outputStride;
    rowScales += count << 2;
  }
}
