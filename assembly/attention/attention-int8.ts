// Scaled dot-product attention over int8 keys and values, head by head and a few query rows at a
// time.
//
// Queries are rotated and rounded row by row. Scores of a block of positions are computed, turned
// to codes with a scale for each row and block (softmax-codes.ts), and forgotten; when a row has
// seen all blocks, its largest score and its sum are known and so are the blocks' scales, with which
// codes meet values. Small probabilities far from a row's largest one so keep their own precision.

import { hadamardRowsF32 } from "../hadamard/hadamard";
import { multiplyPanel } from "../linear/multiply-panel";
import { CODE_BYTES, quantiseRow } from "../linear/quantise";
import { ACCUMULATE } from "../linear/store-row";
import { fastExp2 } from "../math/exp";
import { jobArguments } from "../threads/control-block";
import { parallelIf } from "../threads/parallel";
import { AttentionJob, BLOCK, SCORE_STRIDE, TILE_ROWS } from "./attention-job-int8";
import { scoreRow, weighRow } from "./attention-row-int8";
import { KeyValuesInt8 } from "./key-values-int8";
import { largestScore, scoresToCodes } from "./softmax-codes";

/** Bytes of keys and values times tiles from which other threads are asked to help. */
const SHARED_BYTES: usize = 131072;
const LOG2_E: f32 = 1.44269504;

/** Scratch of attentionInt8, bytes for each thread. */
export function attentionScratchInt8(rows: usize, cache: KeyValuesInt8, keyCount: usize): usize {
  const job = changetype<AttentionJob>(jobArguments());
  job.cache = cache;
  job.keyCount = keyCount;
  job.tileRows = min(rows, TILE_ROWS);
  job.scratch = 0;
  job.scratchBytes = 0;
  return (job.scratchEnd(0) + 63) & ~63;
}

/**
 * output = softmax(queries keysᵀ / sqrt(headSize)) values, per head.
 *
 * queries: F32 [rows, heads * headSize], `queryStride` float32 between rows. `keyCount` positions
 * of the cache are seen; with `causal` the queries are the last `rows` of them and query r sees none
 * after itself. output: F32 [rows, heads * headSize], contiguous.
 * scratch: attentionScratchInt8 bytes for each thread.
 */
export function attentionInt8(
  queries: usize,
  rows: usize,
  queryStride: usize,
  cache: KeyValuesInt8,
  keyCount: usize,
  causal: bool,
  output: usize,
  scratch: usize,
): void {
  const scratchBytes = attentionScratchInt8(rows, cache, keyCount);
  const job = changetype<AttentionJob>(jobArguments());
  job.queries = queries;
  job.rows = rows;
  job.queryStride = queryStride << 2;
  job.causal = causal;
  job.output = output;
  job.scratch = scratch;
  job.scratchBytes = scratchBytes;
  const tiles = cache.heads * ((rows + TILE_ROWS - 1) / TILE_ROWS);
  const isLong = tiles * keyCount * (cache.depth + cache.width) >= SHARED_BYTES;
  parallelIf(isLong, attendTile, changetype<usize>(job), tiles);
}

/** Some rows of one head; tiles of a head follow each other, so that its keys stay near. */
function attendTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<AttentionJob>(address);
  const cache = job.cache;
  const tilesPerHead = (job.rows + TILE_ROWS - 1) / TILE_ROWS;
  const head = tile / tilesPerHead;
  const first = (tile % tilesPerHead) * TILE_ROWS;
  const rows = min(TILE_ROWS, job.rows - first);
  const offset = (head * cache.headSize) << 2;
  const queries = job.queries + first * job.queryStride + offset;
  roundQueries(job, queries, rows, thread);
  // Of query r the positions before firstSeen + r * step are seen.
  const firstSeen = job.causal ? job.keyCount - job.rows + first + 1 : job.keyCount;
  const step: usize = job.causal ? 1 : 0;
  for (let block: usize = 0; block < job.blocks; block++) {
    scoreBlock(job, head, block, rows, firstSeen, step, thread);
  }
  scaleBlocks(job, rows, thread);
  weighValues(job, head, rows, thread);
  finishRows(job, head, rows, job.output + first * widthBytes(cache) + offset, thread);
}

// @ts-ignore: decorator
@inline
function widthBytes(cache: KeyValuesInt8): usize {
  return (cache.heads * cache.headSize) << 2;
}

/** Rotates and rounds the tile's queries; their scales make scores come to base 2. */
function roundQueries(job: AttentionJob, queries: usize, rows: usize, thread: usize): void {
  const headSize = job.cache.headSize;
  const buffer = job.rowsAt(thread);
  const bytes = headSize << 2;
  for (let r: usize = 0; r < rows; r++) {
    memory.copy(buffer + r * bytes, queries + r * job.queryStride, bytes);
  }
  hadamardRowsF32(buffer, rows, headSize);
  const codes = job.queryCodesAt(thread);
  const scales = job.queryScalesAt(thread);
  const factor: f32 = LOG2_E / sqrt<f32>(<f32>headSize);
  const depth = (headSize + 31) & ~31;
  for (let r: usize = 0; r < rows; r++) {
    const scale = quantiseRow(buffer + r * bytes, headSize, depth, codes + r * job.queryCodeBytes);
    store<f32>(scales + (r << 2), scale * factor);
  }
}

/** Scores of one block of positions, then their codes, each row's largest score and sum. */
function scoreBlock(
  job: AttentionJob,
  head: usize,
  block: usize,
  rows: usize,
  firstSeen: usize,
  step: usize,
  thread: usize,
): void {
  const cache = job.cache;
  const depth = cache.depth;
  const from = block * BLOCK;
  const count = min(BLOCK, job.keyCount - from);
  const scores = job.scoresAt(thread);
  const panel = cache.keys(head) + from * depth;
  const sums = cache.keySums(head) + (from << 2);
  const keyScales = cache.keyScales(head) + (from << 2);
  const valueLogs = cache.valueLogs(head) + (from << 2);
  const queries = job.queryCodesAt(thread);
  const queryScales = job.queryScalesAt(thread);
  if (rows == 1) {
    const scale = load<f32>(queryScales);
    scoreRow(queries, depth, scale, panel, sums, keyScales, valueLogs, scores, count);
  } else {
    const product = job.productAt(thread);
    product.codes = queries;
    product.codeStride = job.queryCodeBytes;
    product.rowScales = queryScales;
    product.rows = rows;
    product.depth = depth;
    product.outputStride = SCORE_STRIDE;
    product.mode = 0;
    for (let at: usize = 0; at < count; at += 8) {
      product.panel = panel + at * depth;
      product.sums = sums + (at << 2);
      product.columnScales = keyScales + (at << 2);
      product.bias = valueLogs + (at << 2);
      product.output = scores + (at << 2);
      multiplyPanel(product);
    }
  }
  const inverses = cache.valueInverses(head) + (from << 2);
  const slot = (block * job.tileRows) << 2;
  const maxima = job.scalesAt(thread) + slot;
  const blockSums = job.blockSumsAt(thread) + slot;
  const padded = (count + 15) & ~15;
  let codes = job.codesAt(thread) + from * CODE_BYTES;
  for (let r: usize = 0; r < rows; r++, codes += job.codeBytes) {
    const score = scores + r * SCORE_STRIDE;
    const seen = firstSeen + r * step;
    let largest: f32 = -Infinity;
    let sum: f32 = 0;
    let done: usize = 0;
    if (seen > from) {
      const countHere = min(count, seen - from);
      largest = largestScore(score, countHere);
      sum = scoresToCodes(score, countHere, largest, inverses, codes);
      done = (countHere + 15) & ~15;
    }
    if (done < padded) memory.fill(codes + done * CODE_BYTES, 0, (padded - done) * CODE_BYTES);
    store<f32>(maxima + (r << 2), largest);
    store<f32>(blockSums + (r << 2), sum);
  }
}

/** Each block's largest score becomes its scale: 2^(it - the largest of all) over the row's sum. */
function scaleBlocks(job: AttentionJob, rows: usize, thread: usize): void {
  const stride = job.tileRows << 2;
  const scales = job.scalesAt(thread);
  const bytes = job.blocks * stride;
  const toSums = job.blockSumsAt(thread) - scales;
  for (let row = scales; row < scales + (rows << 2); row += 4) {
    const end = row + bytes;
    let largest: f32 = -Infinity;
    for (let p = row; p < end; p += stride) largest = max(largest, load<f32>(p));
    let sum: f32 = 0;
    for (let p = row; p < end; p += stride) {
      const scale = fastExp2(load<f32>(p) - largest);
      store<f32>(p, scale);
      sum += scale * load<f32>(p + toSums);
    }
    // A row of no numbers has no largest.
    const inverse: f32 = largest > -Infinity ? 1 / sum : NaN;
    for (let p = row; p < end; p += stride) store<f32>(p, load<f32>(p) * inverse);
  }
}

/** Codes times values, into rows of cache.width float32. */
function weighValues(job: AttentionJob, head: usize, rows: usize, thread: usize): void {
  const cache = job.cache;
  const width = cache.width;
  const panelBytes = cache.capacity << 3;
  const codes = job.codesAt(thread);
  const scales = job.scalesAt(thread);
  const values = cache.values(head);
  const output = job.rowsAt(thread);
  if (rows == 1) {
    const scaleStride = job.tileRows << 2;
    let panel = values;
    for (let column = output; column < output + (width << 2); column += 32, panel += panelBytes) {
      weighRow(codes, job.keyCount, BLOCK, panel, scales, scaleStride, column);
    }
    return;
  }
  const product = job.productAt(thread);
  product.codeStride = job.codeBytes;
  product.rows = rows;
  product.sums = 0;
  product.columnScales = 0;
  product.bias = 0;
  product.outputStride = width << 2;
  for (let block: usize = 0; block < job.blocks; block++) {
    const from = block * BLOCK;
    product.codes = codes + from * CODE_BYTES;
    product.rowScales = scales + ((block * job.tileRows) << 2);
    product.depth = (min(BLOCK, job.keyCount - from) + 3) & ~3;
    product.mode = block == 0 ? 0 : ACCUMULATE;
    for (let column: usize = 0; column < width; column += 8) {
      product.panel = values + (column >> 3) * panelBytes + (from << 3);
      product.output = output + (column << 2);
      multiplyPanel(product);
    }
  }
}

/** Rotates rows back and adds what all values have in common. */
function finishRows(
  job: AttentionJob,
  head: usize,
  rows: usize,
  output: usize,
  thread: usize,
): void {
  const cache = job.cache;
  const headSize = cache.headSize;
  const width = cache.width;
  const mean = cache.valueMean(head);
  const bytes = headSize << 2;
  const bytes4 = (headSize & ~3) << 2;
  let row = job.rowsAt(thread);
  if (headSize == width) hadamardRowsF32(row, rows, headSize);
  for (; rows > 0; rows--, row += width << 2, output += widthBytes(cache)) {
    if (headSize != width) hadamardRowsF32(row, 1, headSize);
    let at: usize = 0;
    for (; at < bytes4; at += 16) {
      v128.store(output + at, f32x4.add(v128.load(row + at), v128.load(mean + at)));
    }
    for (; at < bytes; at += 4) {
      store<f32>(output + at, load<f32>(row + at) + load<f32>(mean + at));
    }
  }
}
