import { AudioError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { FeatureConfig } from "./feature-config.ts";
import { type FftPlan, planRealFft } from "./fft-plan.ts";
import { type MelFilters, melFilters } from "./mel-filters.ts";

/** Powers below this are silence. */
const SMALLEST_POWER = 1e-10;
/** Bels below the loudest mel bin at which the spectrogram is cut. */
const DYNAMIC_RANGE = 8;

/** The tables that turn samples into mel powers; the same for every stretch of audio. */
export interface MelPlan {
  readonly config: FeatureConfig;
  readonly fft: FftPlan;
  readonly filters: MelFilters;
  /** Periodic Hann window of fftLength, then zeros up to a multiple of 4. */
  readonly window: Float32Array;
}

export function planMel(config: FeatureConfig): MelPlan {
  const { sampleRate, fftLength, melBins } = config;
  return {
    config,
    fft: planRealFft(fftLength),
    filters: melFilters(sampleRate, fftLength, melBins),
    window: hannWindow(fftLength),
  };
}

/**
 * The samples that frames [from, from + count) hear, in kernel memory: mirrored before the start
 * (numpy's "reflect"), zeros behind the end. What is mirrored of a recording shorter than that is
 * zeros too, as its padding comes first.
 */
export function placeFrames(
  { heap }: Kernels,
  samples: Float32Array,
  { fftLength, hopLength }: FeatureConfig,
  from: number,
  count: number,
): number {
  const length = (count - 1) * hopLength + fftLength;
  const first = from * hopLength - fftLength / 2;
  const pointer = heap.allocateF32(length + 3);
  const placed = heap.f32(pointer, length + 3).fill(0);
  placed.set(
    samples.subarray(Math.max(0, first), Math.max(0, first + length)),
    Math.max(0, -first),
  );
  for (let i = first; i < 0; i++) placed[i - first] = samples[-i] ?? 0;
  return pointer;
}

/**
 * log10 of the mel powers of `frameCount` frames, hopLength apart, at least 1e-10 each.
 *
 * @param samples where in kernel memory frame 0 begins: fftLength / 2 samples before its centre. The
 *   frames and three samples more are read, of which the three do not count.
 * @param output F32 [frameCount, melBins]
 * @returns the largest power met
 * @throws AudioError when a sample is not finite, or so large that its power is not
 */
export function logMelFrames(
  kernels: Kernels,
  { config, fft, filters, window }: MelPlan,
  samples: number,
  frameCount: number,
  output: number,
): number {
  const { heap } = kernels;
  const { fftLength, hopLength, melBins } = config;
  const scratch = heap.mark();
  const largestPower = heap.copyF32([0]);
  kernels.logMelRowsF32(
    samples,
    frameCount,
    heap.copyI32([
      hopLength,
      heap.copyF32(window),
      fftLength,
      heap.copyI32(fft.factors),
      fft.factors.length,
      heap.copyF32(fft.twiddles),
      heap.copyI32(filters.runs),
      heap.copyF32(filters.weights),
      melBins,
    ]),
    output,
    largestPower,
    heap.allocateF32(2 * 4 * (fftLength + 4)),
  );
  const largest = heap.f32(largestPower, 1)[0]!;
  heap.release(scratch);
  if (!Number.isFinite(largest)) {
    throw new AudioError(
      "Expected finite samples between -1 and 1, found NaN, infinity or an overflow. Decode the audio again.",
    );
  }
  return largest;
}

/** log10 of what is cut away below, when this is the largest power of the audio. */
export function logFloor(largestPower: number): number {
  return Math.log10(Math.max(largestPower, SMALLEST_POWER)) - DYNAMIC_RANGE;
}

function hannWindow(length: number): Float32Array {
  const window = new Float32Array(Math.ceil(length / 4) * 4);
  for (let i = 0; i < length; i++) window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
  return window;
}
