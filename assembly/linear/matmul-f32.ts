// Matrix product with packed weights: c (+)= a * Wᵀ (+ bias), float32.
//
// Block sizes are measured: 384 x 8 floats of a panel stay in the first-level cache.

import { PANEL } from "./pack-f32";
import { FiveRows, FourRows, nextTileRows, SixRows, ThreeRows, TwoRows } from "./row-count";
import { multiplyRow, multiplyTail, multiplyTile } from "./tile-f32";

const INNER_BLOCK: usize = 384;
const ROW_BLOCK: usize = 120;
/** Where a product needs a register of its own, one row less fits. */
const MOST_ROWS: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/**
 * c[r, j] = (accumulate ? c[r, j] : 0) + (bias ? bias[j] : 0) + sum over k of a[r, k] * W[j, k].
 *
 * a: [rows, inner], `aStride` float32 between rows. packed: panels of W; `panelStride` float32
 * between panels (inner * 8 where packed as a whole, more where a cache has room to grow).
 * c: [rows, columns], `cStride` float32 between rows. a and c must not overlap.
 */
export function matmulRowsF32(
  a: usize,
  aStride: usize,
  packed: usize,
  panelStride: usize,
  bias: usize,
  c: usize,
  cStride: usize,
  rows: usize,
  inner: usize,
  columns: usize,
  accumulate: bool,
): void {
  const aBytes = aStride << 2;
  const cBytes = cStride << 2;
  const panelBytes = panelStride << 2;
  // With few rows the panels are the traffic: each is read once, from end to end.
  const innerBlock = rows < 5 ? inner : INNER_BLOCK;
  for (let k: usize = 0; k < inner; k += innerBlock) {
    const depth = min(innerBlock, inner - k);
    const fromC = accumulate || k > 0;
    const biasHere: usize = k > 0 ? 0 : bias;
    for (let m: usize = 0; m < rows; m += ROW_BLOCK) {
      const rowEnd = min(m + ROW_BLOCK, rows);
      let panel = packed + ((k * PANEL) << 2);
      for (let n: usize = 0; n < columns; n += PANEL, panel += panelBytes) {
        const biasPanel: usize = biasHere == 0 ? 0 : biasHere + (n << 2);
        let row = m;
        let aRow = a + row * aBytes + (k << 2);
        let cRow = c + row * cBytes + (n << 2);
        if (columns - n < PANEL) {
          for (; row < rowEnd; row++, aRow += aBytes, cRow += cBytes) {
            multiplyTail(aRow, panel, biasPanel, cRow, depth, columns - n, fromC);
          }
          continue;
        }
        while (row < rowEnd) {
          const count = nextTileRows(rowEnd - row, MOST_ROWS);
          multiplyRows(count, aRow, aBytes, panel, biasPanel, cRow, cBytes, depth, fromC);
          row += count;
          aRow += count * aBytes;
          cRow += count * cBytes;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function multiplyRows(
  count: usize,
  a: usize,
  aBytes: usize,
  panel: usize,
  bias: usize,
  c: usize,
  cBytes: usize,
  depth: usize,
  fromC: bool,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && count == 6) {
    multiplyTile<SixRows>(a, aBytes, panel, bias, c, cBytes, depth, fromC);
  } else if (count == 5) multiplyTile<FiveRows>(a, aBytes, panel, bias, c, cBytes, depth, fromC);
  else if (count == 4) multiplyTile<FourRows>(a, aBytes, panel, bias, c, cBytes, depth, fromC);
  else if (count == 3) multiplyTile<ThreeRows>(a, aBytes, panel, bias, c, cBytes, depth, fromC);
  else if (count == 2) multiplyTile<TwoRows>(a, aBytes, panel, bias, c, cBytes, depth, fromC);
  else multiplyRow(a, panel, bias, c, depth, fromC);
}
