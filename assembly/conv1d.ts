// 1-D convolution, kernel 3, padding 1, as a matrix product without im2col: in time-major layout
// the three frames under the kernel are one contiguous run of 3 * channels, so the "im2col matrix"
// is the input itself read with a row stride of `stride` frames.

import { matmulRowsF32 } from "./matmul-f32";

const KERNEL_SIZE: usize = 3;

/**
 * input: [frames + 2, inputChannels]; the frames stand in rows 1 .. frames, the first and last row
 * are the padding and are zeroed here. packed: panels (packRowsF32) of the weights as
 * [outputChannels, 3, inputChannels]. output: [ceil(frames / stride), outputChannels], stride 1 or 2.
 */
export function conv1dF32(
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
  const inner = KERNEL_SIZE * inputChannels;
  matmulRowsF32(
    input,
    stride * inputChannels,
    packed,
    inner << 3,
    bias,
    output,
    outputChannels,
    (frames + stride - 1) / stride,
    inner,
    outputChannels,
    false,
  );
}
