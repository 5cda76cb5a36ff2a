// Linear layers in the Hadamard domain: output (+)= scale * (R (H D x)) + bias with int8 or int4 R and
// activations quantised row by row. What comes before the layer (a layer norm, GELU) is done on the
// way, while a row lies in the first-level cache.
//
// Many rows are shared out by rows: a tile quantises its own rows and multiplies them by all panels,
// which stream through the cache. Few rows (a decoder step) are quantised once and shared out by
// panels, each of which is read from memory once.

import { rotateRowsF32 } from "../hadamard/hadamard";
import { jobArguments } from "../threads/control-block";
import { parallel, threadCount } from "../threads/parallel";
import { applyInputStep, MANY_ROWS, TILE_ROWS, tilePanels } from "./input-step";
import { multiplyPanelInt4, preparedBytes, prepareRowInt4 } from "./multiply-int4";
import { multiplyPanel } from "./multiply-panel";
import { panelBytesInt4 } from "./pack-weights";
import { PANEL_PRODUCT_BYTES, PanelProduct } from "./panel-product";
import { CODE_BYTES, quantiseRow } from "./quantise";
import { ACCUMULATE } from "./store-row";
import { widenPanelInt4 } from "./unpack-weights";

/** y = scale * (R x') + bias, x' = H D x: R quantised in panels of 8 outputs. All fields are u32. */
@unmanaged
export class RotatedWeights {
  /** Width of the input. */
  inner: usize;
  /** `inner` rounded up to 32: the length of a row of codes; what is beyond is 0. */
  depth: usize;
  /** Width of the output. */
  columns: usize;
  /** [ceil(columns / 8)] panels as packRowsInt8 or packRowsInt4 make them. */
  panels: usize;
  /** int8: F32 [columns rounded up to 8]. */
  scales: usize;
  /** int8: I32 likewise, 64 times the sum of the column's weights. */
  sums: usize;
  /** F32 [columns], 0 for none. */
  bias: usize;
  /** 8 or 4. */
  bits: usize;
  /** U32 [inner]: D as rotateRowsF32 wants it. */
  signs: usize;
}

/**
 * Codes of TILE_ROWS stay in the second-level cache. A panel that is made ready for a tile, from 4 bits
 * or to int16, should serve that many; where nothing is to be made ready and threads share the rows,
 * smaller tiles share them out more evenly.
 */
const SMALL_TILE_ROWS: usize = 30;
/** Fewer rows than this are multiplied by 4-bit panels as they are, more by panels widened to int8. */
const WIDEN_ROWS: usize = 10;

@unmanaged
class LinearJob {
  input: usize;
  rows: usize;
  step: u32;
  normWeight: usize;
  normBias: usize;
  weights: RotatedWeights;
  output: usize;
  /** Bytes. */
  outputStride: usize;
  mode: u32;
  scratch: usize;
  scratchBytes: usize;
  /** By rows: how many a tile takes. */
  tileRows: usize;
  /** By panels: how many a tile takes. */
  tilePanels: usize;
  /** By panels, int4, few rows: rows made by prepareRowInt4, otherwise 0. */
  prepared: usize;
}

/** Bytes of scratch that each thread needs in rotatedLinearRows. */
export function rotatedLinearScratch(weights: RotatedWeights): usize {
  const depth = weights.depth;
  return TILE_ROWS * (depth * CODE_BYTES + 4 + 32) + depth * (4 + 8 + 16) + 64 + PANEL_PRODUCT_BYTES;
}

// A thread's scratch: codes and scales of a tile's rows, one row of float32, an int8 panel with its
// 8 scales and 8 sums, an int16 panel, a tile of outputs 8 wide, a PanelProduct.

// @ts-ignore: decorator
@inline
function rowScalesOf(codes: usize, depth: usize): usize {
  return codes + TILE_ROWS * depth * CODE_BYTES;
}

// @ts-ignore: decorator
@inline
function rowOf(scratch: usize, depth: usize): usize {
  return rowScalesOf(scratch, depth) + (TILE_ROWS << 2);
}

/**
 * output[r] = (accumulate ? output[r] : 0) + W step(input[r]) + bias.
 *
 * input: F32 [rows, inner]. step: as in applyInputStep. output: F32 [rows, columns], `outputStride`
 * float32 between rows; not the input. scratch: rotatedLinearScratch bytes for each thread.
 */
export function rotatedLinearRows(
  input: usize,
  rows: usize,
  step: u32,
  normWeight: usize,
  normBias: usize,
  weights: RotatedWeights,
  output: usize,
  outputStride: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const job = changetype<LinearJob>(jobArguments());
  job.input = input;
  job.rows = rows;
  job.step = step;
  job.normWeight = normWeight;
  job.normBias = normBias;
  job.weights = weights;
  job.output = output;
  job.outputStride = outputStride << 2;
  job.mode = accumulate ? ACCUMULATE : 0;
  job.scratch = scratch;
  job.scratchBytes = rotatedLinearScratch(weights);
  job.prepared = 0;
  if (rows >= MANY_ROWS) {
    const isReady = ASC_FEATURE_RELAXED_SIMD && weights.bits == 8;
    job.tileRows = isReady && threadCount() > 1 ? SMALL_TILE_ROWS : TILE_ROWS;
    parallel(rowTile, changetype<usize>(job), (rows + job.tileRows - 1) / job.tileRows);
    return;
  }
  quantiseRows(job, 0, rows, scratch);
  if (weights.bits == 4 && rows < WIDEN_ROWS) prepareRows(job);
  const panels = (weights.columns + 7) >> 3;
  job.tilePanels = tilePanels(panelBytes(weights));
  parallel(panelTile, changetype<usize>(job), (panels + job.tilePanels - 1) / job.tilePanels);
}

/** Behind the codes, where a tile of many rows would have more of them. */
function prepareRows(job: LinearJob): void {
  const depth = job.weights.depth;
  const codeStride = depth * CODE_BYTES;
  job.prepared = job.scratch + MANY_ROWS * codeStride;
  for (let r: usize = 0; r < job.rows; r++) {
    prepareRowInt4(job.scratch + r * codeStride, depth, job.prepared + r * preparedBytes(depth));
  }
}

function rowTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<LinearJob>(address);
  const scratch = job.scratch + thread * job.scratchBytes;
  const first = tile * job.tileRows;
  const rows = min(job.tileRows, job.rows - first);
  quantiseRows(job, first, rows, scratch);
  multiplyPanels(job, scratch, first, rows, 0, (job.weights.columns + 7) >> 3, scratch);
}

function panelTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<LinearJob>(address);
  const from = tile * job.tilePanels;
  const to = min(from + job.tilePanels, (job.weights.columns + 7) >> 3);
  // The codes are the caller's; the rest of the scratch is each thread's own.
  multiplyPanels(job, job.scratch, 0, job.rows, from, to, job.scratch + thread * job.scratchBytes);
}

/** Codes and scales of input rows first .. first + rows - 1, at the beginning of `scratch`. */
function quantiseRows(job: LinearJob, first: usize, rows: usize, scratch: usize): void {
  const inner = job.weights.inner;
  const depth = job.weights.depth;
  const row = rowOf(scratch, depth);
  let input = job.input + ((first * inner) << 2);
  let codes = scratch;
  let scale = rowScalesOf(scratch, depth);
  for (; rows > 0; rows--, input += inner << 2, codes += depth * CODE_BYTES) {
    applyInputStep(job.step, job.normWeight, job.normBias, input, inner, row);
    rotateRowsF32(row, 1, inner, job.weights.signs);
    store<f32>(scale, quantiseRow(row, inner, depth, codes));
    scale += 4;
  }
}

/** The quantised rows in `codes` by panels from .. to - 1, into output rows from `first` on. */
function multiplyPanels(
  job: LinearJob,
  codes: usize,
  first: usize,
  rows: usize,
  from: usize,
  to: usize,
  scratch: usize,
): void {
  const weights = job.weights;
  const depth = weights.depth;
  const int8Panel = rowOf(scratch, depth) + (depth << 2);
  const int8Scales = int8Panel + (depth << 3);
  const int8Sums = int8Scales + 32;
  const int16Panel = int8Sums + 32;
  const narrow = int16Panel + (depth << 4);
  const product = changetype<PanelProduct>(narrow + (TILE_ROWS << 5));
  const isPrepared = job.prepared != 0;
  product.codes = isPrepared ? job.prepared : codes;
  product.codeStride = isPrepared ? preparedBytes(depth) : depth * CODE_BYTES;
  product.rowScales = rowScalesOf(codes, depth);
  product.rows = rows;
  product.depth = depth;
  product.widened = int16Panel;
  const bytes = panelBytes(weights);
  const output = job.output + first * job.outputStride;
  for (let n = from; n < to; n++) {
    const left = weights.columns - (n << 3);
    const isWhole = left >= 8;
    product.output = isWhole ? output + (n << 5) : narrow;
    product.outputStride = isWhole ? job.outputStride : 32;
    product.mode = isWhole ? job.mode : 0;
    product.bias = weights.bias == 0 ? 0 : weights.bias + (n << 5);
    product.panel = weights.panels + n * bytes;
    if (isPrepared) {
      multiplyPanelInt4(product);
    } else {
      product.sums = weights.sums + (n << 5);
      product.columnScales = weights.scales + (n << 5);
      if (weights.bits == 4) {
        widenPanelInt4(product.panel, depth, int8Panel, int8Scales, int8Sums);
        product.panel = int8Panel;
        product.columnScales = int8Scales;
        product.sums = int8Sums;
      }
      multiplyPanel(product);
    }
    if (!isWhole) storeNarrow(narrow, rows, left, output + (n << 5), job.outputStride, job.mode);
  }
}

/** The last panel's columns that exist; what follows them in memory is somebody else's. */
function storeNarrow(
  from: usize,
  rows: usize,
  columns: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
): void {
  for (; rows > 0; rows--, from += 32, output += outputStride) {
    for (let j: usize = 0; j < columns << 2; j += 4) {
      const before: f32 = mode & ACCUMULATE ? load<f32>(output + j) : 0;
      store<f32>(output + j, before + load<f32>(from + j));
    }
  }
}

// @ts-ignore: decorator
@inline
function panelBytes(weights: RotatedWeights): usize {
  const depth = weights.depth;
  return weights.bits == 8 ? depth << 3 : panelBytesInt4(depth);
}
