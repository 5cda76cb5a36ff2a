import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { exactGelu } from "../fixtures/gelu.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

/** The specification: GELU of torch's Conv1d(kernel 3, padding 1) on time-major frames, weights [out, in, 3]. */
function naiveConv1d(
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  frames: number,
  channels: number,
  outputs: number,
  stride: number,
) {
  const outputFrames = Math.floor((frames + 2 - 3) / stride) + 1;
  const result = new Float64Array(outputFrames * outputs);
  for (let t = 0; t < outputFrames; t++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias[o]!;
      for (let j = 0; j < 3; j++) {
        const frame = t * stride + j - 1;
        if (frame < 0 || frame >= frames) continue;
        for (let c = 0; c < channels; c++) {
          sum += input[frame * channels + c]! * weights[(o * channels + c) * 3 + j]!;
        }
      }
      result[t * outputs + o] = exactGelu(sum);
    }
  }
  return result;
}

describe("conv1dGeluF32", () => {
  it.each([
    [100, 80, 64, 1],
    [100, 64, 64, 2],
    [33, 40, 24, 2],
    [34, 128, 20, 2],
    [1, 80, 16, 1],
    [1, 16, 16, 2],
    [17, 5, 3, 1],
    // tiny and large-v3
    [21, 80, 384, 1],
    [21, 384, 384, 2],
    [10, 128, 1280, 1],
    [9, 1280, 1280, 2],
  ])("%i frames, %i -> %i channels, stride %i", async (frames, channels, outputs, stride) => {
    const { heap, ...kernels } = await testKernels();
    const input = randomF32(frames * channels, 1);
    const weights = randomF32(outputs * channels * 3, 2);
    const bias = randomF32(outputs, 3);
    const padded = heap.copyF32(new Float32Array((frames + 2) * channels).fill(9));
    heap.f32(padded + channels * 4, frames * channels).set(input);
    const timeMajor = Float32Array.from({ length: weights.length }, (_, i) => {
      const [o, rest] = [Math.floor(i / (3 * channels)), i % (3 * channels)];
      const [j, c] = [Math.floor(rest / channels), rest % channels];
      return weights[(o * channels + c) * 3 + j]!;
    });
    const packed = heap.allocateF32(Math.ceil(outputs / 8) * 8 * 3 * channels);
    kernels.packRowsF32(heap.copyF32(timeMajor), outputs, 3 * channels, 3 * channels, packed);
    const biasPointer = heap.copyF32(bias);
    const expected = naiveConv1d(input, weights, bias, frames, channels, outputs, stride);
    const output = heap.allocateF32(expected.length);
    kernels.conv1dGeluF32(padded, frames, channels, packed, biasPointer, output, outputs, stride);
    // float32 sums of 3 * channels products of numbers below 1
    expect(maxDifference(heap.f32(output, expected.length), expected)).toBeLessThan(
      2e-7 * 3 * channels + 1e-6,
    );
  });
});
