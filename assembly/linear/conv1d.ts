// 1-D convolution, kernel 3, padding 1, then GELU, as a matrix product without im2col: in time-major
// layout the three frames under the kernel are one contiguous run of 3 * channels, so the "im2col
// matrix" is the input itself read with a row stride of `stride` frames.

import { geluF32 } from "../math/gelu";
import { jobArguments } from "../threads/control-block";
import { parallel } from "../threads/parallel";
import { matmulRowsF32 } from "./matmul-f32";

const KERNEL_SIZE: usize = 3;
/** Output frames of a tile, a multiple of what the matrix product takes at a time. */
const TILE_FRAMES: usize = 60;

@unmanaged
class ConvolutionJob {
  input: usize;
  inputChannels: usize;
  packed: usize;
  bias: usize;
  output: usize;
  outputFrames: usize;
  outputChannels: usize;
  stride: usize;
}

/**
 * input: [frames + 2, inputChannels]; the frames stand in rows 1 .. frames, the first and last row
 * are the padding and are zeroed here. packed: panels (packRowsF32) of the weights as
 * [outputChannels, 3, inputChannels]. output: [ceil(frames / stride), outputChannels], stride 1 or 2.
 */
export function conv1dGeluF32(
  input: usize,
  frames: usize,
  inputChannels: usize,
  packed: usize,
  bias: usize,
  output: usize,
  outputChannels: usize,
  stride: usize,
): void {
  const rowBytes = inputChannels << 2;
  memory.fill(input, 0, rowBytes);
  memory.fill(input + (frames + 1) * rowBytes, 0, rowBytes);
  const job = changetype<ConvolutionJob>(jobArguments());
  job.input = input;
  job.inputChannels = inputChannels;
  job.packed = packed;
  job.bias = bias;
  job.output = output;
  job.outputFrames = (frames + stride - 1) / stride;
  job.outputChannels = outputChannels;
  job.stride = stride;
  const tiles = (job.outputFrames + TILE_FRAMES - 1) / TILE_FRAMES;
  parallel(convolutionTile, changetype<usize>(job), tiles);
}

function convolutionTile(address: usize, tile: usize, thread: usize): void {
  const job = changetype<ConvolutionJob>(address);
  const first = tile * TILE_FRAMES;
  const frames = min(TILE_FRAMES, job.outputFrames - first);
  const inner = KERNEL_SIZE * job.inputChannels;
  const inputStride = job.stride * job.inputChannels;
  const output = job.output + ((first * job.outputChannels) << 2);
  matmulRowsF32(
    job.input + ((first * inputStride) << 2),
    inputStride,
    job.packed,
    inner << 3,
    job.bias,
    output,
    job.outputChannels,
    frames,
    inner,
    job.outputChannels,
    false,
  );
  geluF32(output, frames * job.outputChannels);
}
