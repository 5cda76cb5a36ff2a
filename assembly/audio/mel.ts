// Log-mel spectrogram as OpenAI's Whisper computes it (whisper/audio.py, log_mel_spectrogram), four
// frames at a time: one frame is one lane, from the window to the logarithm.

import { log10F32x4 } from "../math/log10";
import { realFftF32x4 } from "./fft";

/** What the frames of a model have in common; the host writes the fields. All are u32. */
@unmanaged
class MelPlan {
  /** Samples between frames. */
  hop: usize;
  /** F32 [n rounded up to 4]. */
  window: usize;
  /** Samples of a frame, even. */
  n: usize;
  /** See fft.ts, and the next two. */
  factors: usize;
  factorCount: usize;
  twiddles: usize;
  /** I32 [melBins][2], the first FFT bin and the number of bins of each filter. */
  filterRuns: usize;
  /** F32, the weights of all filters one after another. */
  filterWeights: usize;
  melBins: usize;
}

/**
 * output[frame, bin] = log10(max(power of the mel bin, 1e-10)), for frames `hop` samples apart.
 *
 * samples: (frameCount - 1) * hop + n f32, and 3 more that are read but do not count.
 * output: [frameCount, melBins]. largestPower: one f32, raised to the largest mel power met; NaN or
 * infinite where the samples are. scratch: two buffers of n + 4 f32x4.
 */
export function logMelRowsF32(
  samples: usize,
  frameCount: usize,
  plan: MelPlan,
  output: usize,
  largestPower: usize,
  scratch: usize,
): void {
  const n = plan.n;
  const melBytes = plan.melBins << 2;
  const hopBytes = plan.hop << 2;
  const fftScratch = scratch + ((n + 4) << 4);
  for (let frame: usize = 0; frame < frameCount; frame += 4) {
    // Past the last frame the lanes repeat it: the same numbers are written twice.
    const frame1 = min(frame + 1, frameCount - 1);
    const frame2 = min(frame + 2, frameCount - 1);
    const frame3 = min(frame + 3, frameCount - 1);
    windowFrames(
      samples + frame * hopBytes,
      samples + frame1 * hopBytes,
      samples + frame2 * hopBytes,
      samples + frame3 * hopBytes,
      plan.window,
      n,
      scratch,
    );
    realFftF32x4(scratch, n, plan.factors, plan.factorCount, plan.twiddles, fftScratch);
    powers(scratch, (n >> 1) + 1);
    filterFrames(
      scratch,
      plan,
      output + frame * melBytes,
      output + frame1 * melBytes,
      output + frame2 * melBytes,
      output + frame3 * melBytes,
      largestPower,
    );
  }
}

/** target[i] = (frame0[i], frame1[i], frame2[i], frame3[i]) * window[i] */
function windowFrames(
  frame0: usize,
  frame1: usize,
  frame2: usize,
  frame3: usize,
  window: usize,
  n: usize,
  target: usize,
): void {
  const end = window + (n << 2);
  for (; window < end; window += 16, target += 64) {
    const weights = v128.load(window);
    const a = f32x4.mul(v128.load(frame0), weights);
    const b = f32x4.mul(v128.load(frame1), weights);
    const c = f32x4.mul(v128.load(frame2), weights);
    const d = f32x4.mul(v128.load(frame3), weights);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
    v128.store(target, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7), 16);
    v128.store(target, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 32);
    v128.store(target, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 48);
    frame0 += 16;
    frame1 += 16;
    frame2 += 16;
    frame3 += 16;
  }
}

/** |z|^2 of `count` complex numbers, in place: the powers stand one after another. */
function powers(z: usize, count: usize): void {
  const end = z + (count << 4);
  for (let p = z; p < end; p += 16, z += 32) {
    const re = v128.load(z);
    const im = v128.load(z, 16);
    v128.store(p, f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)));
  }
}

/** The mel filters on the powers of four frames, one output row a frame. */
function filterFrames(
  power: usize,
  plan: MelPlan,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  largestPower: usize,
): void {
  let largest = v128.load32_splat(largestPower);
  let runs = plan.filterRuns;
  let weights = plan.filterWeights;
  const end = runs + (plan.melBins << 3);
  for (; runs < end; runs += 8) {
    let bin = power + ((<usize>load<u32>(runs)) << 4);
    const binEnd = bin + ((<usize>load<u32>(runs, 4)) << 4);
    let sum = f32x4.splat(0);
    for (; bin < binEnd; bin += 16, weights += 4) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(bin), v128.load32_splat(weights)));
    }
    largest = f32x4.max(largest, sum);
    const log = log10F32x4(f32x4.max(sum, f32x4.splat(1e-10)));
    v128.store32_lane(row0, log, 0);
    v128.store32_lane(row1, log, 1);
    v128.store32_lane(row2, log, 2);
    v128.store32_lane(row3, log, 3);
    row0 += 4;
    row1 += 4;
    row2 += 4;
    row3 += 4;
  }
  largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
  v128.store32_lane(largestPower, largest, 0);
}

/** In place over `count` logarithms: (max(x, floor) + 4) / 4. */
export function normaliseLogMelF32(data: usize, count: usize, floor: f32): void {
  const floors = f32x4.splat(floor);
  const end4 = data + ((count & ~3) << 2);
  const end = data + (count << 2);
  for (; data < end4; data += 16) {
    const x = f32x4.max(v128.load(data), floors);
    v128.store(data, f32x4.mul(f32x4.add(x, f32x4.splat(4)), f32x4.splat(0.25)));
  }
  for (; data < end; data += 4) store<f32>(data, (max(load<f32>(data), floor) + 4) * 0.25);
}
