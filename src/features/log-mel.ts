import { AudioError } from "../errors.ts";
import type { Heap } from "../kernels/heap.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { FeatureConfig } from "./feature-config.ts";
import { logFloor, logMelFrames, planMel } from "./mel-frames.ts";

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
    const placed = placeReflected(heap, samples, sampleCount, fftLength / 2);
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
