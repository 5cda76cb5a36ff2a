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
import { FiveRows, FourRows, nextTileRows, SixRows, ThreeRows, TwoRows } from "./row-count";

/**
 * output[r, j] = (ACCUMULATE ? output[r, j] : 0) + bias[j]
 *              + rowScales[r] * columnScales[j] * sum over k of value(codes[r, k]) * panel[j, k]
 *
 * codes: [rows, depth] as quantise.ts makes them, `codeStride` bytes between rows; depth a multiple
 * of 4. rowScales: F32 [rows]. sums: I32 [8], 64 times each column's sum of weights; 0 where codes
 * have no offset (0 .. 127). columnScales: F32 [8], 0 for ones. bias: F32 [8], 0 for none.
 * output: F32, `outputStride` bytes between rows; all 8 columns are stored.
 * widened: scratch of depth * 16 bytes, used by plain SIMD only.
 */
export function multiplyPanel(
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  rows: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
  widened: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (dotHasTwoSteps()) {
      multiplyRows<TwoSteps>(
        codes,
        codeStride,
        rowScales,
        rows,
        panel,
        panel,
        depth,
        sums,
        columnScales,
        bias,
        output,
        outputStride,
        mode,
      );
      return;
    }
    multiplyRows<OneStep>(
      codes,
      codeStride,
      rowScales,
      rows,
      panel,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  } else {
    // For fewer rows, widening it would be the greater part of the work.
    const isWidened = rows >= changetype<Plain>(0).rows;
    if (isWidened) widenPanel(panel, depth, widened);
    multiplyRows<Plain>(
      codes,
      codeStride,
      rowScales,
      rows,
      isWidened ? widened : 0,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  }
}

/** Tiles by `tilePanel`, where there is one; single rows by `panel`. */
// @ts-ignore: decorator
@inline
function multiplyRows<Product>(
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  rows: usize,
  tilePanel: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  const most = changetype<Product>(0).rows;
  while (rows > 0) {
    const count: usize = tilePanel == 0 ? 1 : nextTileRows(rows, most);
    if (count == 1) {
      if (ASC_FEATURE_RELAXED_SIMD) {
        multiplyRow<Product>(codes, rowScales, panel, depth, sums, columnScales, bias, output, mode);
      } else {
        multiplyRowPlain(codes, rowScales, panel, depth, columnScales, bias, output, mode);
      }
    } else {
      multiplyCount<Product>(
        count,
        codes,
        codeStride,
        rowScales,
        tilePanel,
        depth,
        sums,
        columnScales,
        bias,
        output,
        outputStride,
        mode,
      );
    }
    rows -= count;
    codes += count * codeStride;
    output += count * outputStride;
    rowScales += count << 2;
  }
}

/** A tile of 2 .. 6 rows. */
// @ts-ignore: decorator
@inline
function multiplyCount<Product>(
  count: usize,
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  const most = changetype<Product>(0).rows;
  if (most >= 6 && count == 6) {
    multiplyTile<Product, SixRows>(
      codes,
      codeStride,
      rowScales,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  } else if (most >= 5 && count == 5) {
    multiplyTile<Product, FiveRows>(
      codes,
      codeStride,
      rowScales,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  } else if (count == 4) {
    multiplyTile<Product, FourRows>(
      codes,
      codeStride,
      rowScales,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  } else if (count == 3) {
    multiplyTile<Product, ThreeRows>(
      codes,
      codeStride,
      rowScales,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  } else {
    multiplyTile<Product, TwoRows>(
      codes,
      codeStride,
      rowScales,
      panel,
      depth,
      sums,
      columnScales,
      bias,
      output,
      outputStride,
      mode,
    );
  }
}
