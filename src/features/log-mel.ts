import { AudioError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { FeatureConfig } from "./feature-config.ts";
import { logFloor, logMelFrames, placeFrames, planMel } from "./mel-frames.ts";

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

  try {
    const scratch = heap.mark();
    const placed = placeFrames(kernels, samples, config, 0, frameCount);
    const length = (frameCount - 1) * hopLength + fftLength;
    mirrorEnd(heap.f32(placed, length), fftLength / 2 + sampleCount - 1);
    const largest = logMelFrames(kernels, planMel(config), placed, frameCount, pointer);
    heap.release(scratch);
    kernels.normaliseLogMelF32(pointer, frameCount * melBins, logFloor(largest));
    return { pointer, frameCount, melBins };
  } catch (error) {
    heap.release(start);
    throw error;
  }
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

/** What the last frames hear behind the end, as numpy's "reflect": the last sample is not repeated. */
function mirrorEnd(placed: Float32Array, last: number): void {
  for (let i = 1; last + i < placed.length; i++) placed[last + i] = placed[last - i]!;
}
