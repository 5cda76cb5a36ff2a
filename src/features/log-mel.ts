import { AudioError } from "../errors.ts";
import type { Heap } from "../kernels/heap.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { FeatureConfig } from "./feature-config.ts";
import { planRealFft } from "./fft-plan.ts";
import { melFilters } from "./mel-filters.ts";

/** A log-mel spectrogram in linear memory, time-major: float32 [frameCount, melBins]. */
export interface LogMel {
  readonly pointer: number;
  readonly frameCount: number;
  readonly melBins: number;
}

export interface LogMelOptions {
  /** "window": zeros up to the model's window, as Whisper was trained. "none": the audio as it is. */
  readonly padTo: "window" | "none";
}

/** Powers below this are silence. */
const SMALLEST_POWER = 1e-10;
/** Bels below the loudest mel bin at which the spectrogram is cut. */
const DYNAMIC_RANGE = 8;

/**
 * The log-mel spectrogram of OpenAI's `log_mel_spectrogram` (whisper/audio.py): frames centred on
 * multiples of the hop with reflected ends, periodic Hann window, power, mel filters, log10, cut 8
 * below the maximum of all frames, (x + 4) / 4. floor(samples / hop) frames.
 *
 * Audio too short to be reflected or to give one frame, which OpenAI's code refuses, is continued
 * with zeros to max(fftLength / 2 + 1, hopLength) samples.
 *
 * The result is allocated in `kernels.heap` and belongs to the caller (mark, release).
 *
 * @param samples mono, nominally in [-1, 1], at config.sampleRate
 * @throws AudioError when there are no samples, when one is not finite, or when padTo is "window" and
 *   they are longer than the window
 */
export function computeLogMel(
  kernels: Kernels,
  samples: Float32Array,
  config: FeatureConfig,
  options: LogMelOptions,
): LogMel {
  const { heap } = kernels;
  const { fftLength, hopLength, melBins } = config;
  const sampleCount = paddedSampleCount(samples.length, config, options);
  const frameCount = Math.floor(sampleCount / hopLength);
  const start = heap.mark();
  const pointer = heap.allocateF32(frameCount * melBins);

  const scratch = heap.mark();
  const plan = planRealFft(fftLength);
  const filters = melFilters(config.sampleRate, fftLength, melBins);
  const largestPower = heap.copyF32([0]);
  kernels.logMelRowsF32(
    placeReflected(heap, samples, sampleCount, fftLength / 2),
    frameCount,
    hopLength,
    heap.copyF32(hannWindow(fftLength)),
    fftLength,
    heap.copyI32(plan.factors),
    plan.factors.length,
    heap.copyF32(plan.twiddles),
    heap.copyI32(filters.runs),
    heap.copyF32(filters.weights),
    melBins,
    pointer,
    largestPower,
    heap.allocateF32(2 * 4 * (fftLength + 4)),
  );
  const largest = heap.f32(largestPower, 1)[0]!;
  heap.release(scratch);

  if (!Number.isFinite(largest)) {
    heap.release(start);
    throw new AudioError(
      "Expected finite samples between -1 and 1, found NaN, infinity or an overflow. Decode the audio again.",
    );
  }
  const floor = Math.log10(Math.max(largest, SMALLEST_POWER)) - DYNAMIC_RANGE;
  kernels.normaliseLogMelF32(pointer, frameCount * melBins, floor);
  return { pointer, frameCount, melBins };
}

function paddedSampleCount(
  sampleCount: number,
  config: FeatureConfig,
  { padTo }: LogMelOptions,
): number {
  if (sampleCount === 0) {
    throw new AudioError("Expected audio, found no samples. Record or choose a longer clip.");
  }
  if (padTo === "none") {
    return Math.max(sampleCount, config.fftLength / 2 + 1, config.hopLength);
  }
  if (sampleCount > config.windowSamples) {
    const seconds = (count: number) => (count / config.sampleRate).toFixed(1);
    throw new AudioError(
      `Expected at most ${seconds(config.windowSamples)} s of audio, one window of the model, found ${seconds(sampleCount)} s. Cut the recording.`,
      { expected: config.windowSamples, found: sampleCount },
    );
  }
  return config.windowSamples;
}

/**
 * The samples, zeros up to `sampleCount`, and `pad` samples mirrored at either end (numpy's "reflect":
 * the outermost sample is not repeated). The kernel reads a few more and ignores them.
 */
function placeReflected(
  heap: Heap,
  samples: Float32Array,
  sampleCount: number,
  pad: number,
): number {
  const length = sampleCount + 2 * pad;
  const pointer = heap.allocateF32(length + 3);
  const placed = heap.f32(pointer, length);
  placed.fill(0);
  placed.set(samples, pad);
  const first = pad;
  const last = pad + sampleCount - 1;
  for (let i = 1; i <= pad; i++) {
    placed[first - i] = placed[first + i]!;
    placed[last + i] = placed[last - i]!;
  }
  return pointer;
}

/** Periodic Hann window of `length`, then zeros up to a multiple of 4. */
function hannWindow(length: number): Float32Array {
  const window = new Float32Array(Math.ceil(length / 4) * 4);
  for (let i = 0; i < length; i++) window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
  return window;
}
