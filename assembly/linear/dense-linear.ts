// Dense float32 linear layers on all threads: many rows are shared out by rows, few by panels.

import { jobArguments } from "../threads/control-block";
import { parallel } from "../threads/parallel";
import { inputStepRowsF32, MANY_ROWS, TILE_ROWS, tilePanels } from "./input-step";
import { matmulRowsF32 } from "./matmul-f32";

/** y = W x + b; the host writes the fields. All are u32. */
@unmanaged
class DenseWeights {
  /** Width of the input. */
  inner: usize;
  /** Width of the output. */
  columns: usize;
  /** Panels of W [columns, inner] (packRowsF32). */
  packed: usize;
  /** F32 [columns], 0 for none. */
  bias: usize;
}

@unmanaged
class DenseJob {
  input: usize;
  rows: usize;
  step: u32;
  normWeight: usize;
  normBias: usize;
  weights: DenseWeights;
  output: usize;
  /** float32. */
  outputStride: usize;
  accumulate: bool;
  scratch: usize;
  tilePanels: usize;
}

/** Bytes of scratch that each thread needs in denseLinearRows. */
export function denseLinearScratch(inner: usize): usize {
  return (TILE_ROWS * inner) << 2;
}

/**
 * output[r] = (accumulate ? output[r] : 0) + W step(input[r]) + bias.
 *
 * input: F32 [rows, inner]. step: as in applyInputStep. output: F32 [rows, columns], `outputStride`
 * float32 between rows; not the input. scratch: denseLinearScratch bytes for each thread.
 */
export function denseLinearRows(
  input: usize,
  rows: usize,
  step: u32,
  normWeight: usize,
  normBias: usize,
  weights: DenseWeights,
  output: usize,
  outputStride: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const job = changetype<DenseJob>(jobArguments());
  job.input = input;
  job.rows = rows;
  job.step = step;
  job.normWeight = normWeight;
  job.normBias = normBias;
  job.weights = weights;
  job.output = output;
  job.outputStride = outputStride;
  job.accumulate = accumulate;
  job.scratch = scratch;
  if (rows >= MANY_ROWS) {
    parallel(rowTile, changetype<usize>(job), (rows + TILE_ROWS - 1) / TILE_ROWS);
    return;
  }
  job.input = prepareRows(job, 0, rows, scratch);
  job.tilePanels = tilePanels(weights.inner << 5);
  const panels = (weights.columns + 7) >> 3;
  parallel(panelTile, changetype<usize>(job), (panels + job.tilePanels - 1) / job.tilePanels);
}

function rowTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<DenseJob>(address);
  const first = tile * TILE_ROWS;
  const rows = min(TILE_ROWS, job.rows - first);
  const scratch = job.scratch + thread * denseLinearScratch(job.weights.inner);
  const input = prepareRows(job, first, rows, scratch);
  multiply(job, input, rows, 0, job.weights.columns, job.output + ((first * job.outputStride) << 2));
}

function panelTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<DenseJob>(address);
  const from = (tile * job.tilePanels) << 3;
  const to = min(from + (job.tilePanels << 3), job.weights.columns);
  multiply(job, job.input, job.rows, from, to, job.output + (from << 2));
}

/** Where rows first .. first + rows - 1 stand ready to be multiplied: `scratch`, or the input itself. */
function prepareRows(job: DenseJob, first: usize, rows: usize, scratch: usize): usize {
  const inner = job.weights.inner;
  const input = job.input + ((first * inner) << 2);
  if (job.step == 0) return input;
  inputStepRowsF32(job.step, job.normWeight, job.normBias, input, rows, inner, scratch);
  return scratch;
}

/** Columns from .. to - 1, `from` a multiple of 8. */
function multiply(
  job: DenseJob,
  input: usize,
  rows: usize,
  from: usize,
  to: usize,
  output: usize,
): void {
  const weights = job.weights;
  const inner = weights.inner;
  matmulRowsF32(
    input,
    inner,
    weights.packed + ((from * inner) << 2),
    inner << 3,
    weights.bias == 0 ? <usize>0 : weights.bias + (from << 2),
    output,
    job.outputStride,
    rows,
    inner,
    to - from,
    job.accumulate,
  );
}
