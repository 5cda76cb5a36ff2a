import { AudioError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { FeatureConfig } from "./feature-config.ts";
import type { LogMel } from "./log-mel.ts";
import { logFloor, logMelFrames, type MelPlan, placeFrames, planMel } from "./mel-frames.ts";

/**
 * The log-mel spectrogram of a recording of any length, window by window: what is kept of it does
 * not grow with its length. Its frames are those of OpenAI's `log_mel_spectrogram(audio,
 * padding=N_SAMPLES)`, as whisper/transcribe.py uses it: the recording is followed by zeros, and the
 * floor is 8 bels below the maximum of the whole recording, not of a window.
 */
export class RecordingLogMel {
  /** Frames of the recording itself, without the zeros after it. */
  readonly contentFrames: number;
  readonly #kernels: Kernels;
  readonly #samples: Float32Array;
  readonly #plan: MelPlan;
  readonly #floor: number;

  private constructor(
    kernels: Kernels,
    samples: Float32Array,
    plan: MelPlan,
    largestPower: number,
  ) {
    this.#kernels = kernels;
    this.#samples = samples;
    this.#plan = plan;
    this.#floor = logFloor(largestPower);
    this.contentFrames = contentFrames(samples, plan);
  }

  /**
   * Hears the whole recording once, for its maximum.
   *
   * @param samples mono, nominally in [-1, 1], at config.sampleRate; kept, not copied
   * @param onPart called after each window's length with the share that was heard; may yield, may
   *   throw to stop
   * @throws AudioError when there are no samples, or when one is not finite
   */
  static async measure(
    kernels: Kernels,
    samples: Float32Array,
    config: FeatureConfig,
    onPart: (share: number) => Promise<void> = async () => {},
  ): Promise<RecordingLogMel> {
    if (samples.length === 0) {
      throw new AudioError("Expected audio, found no samples. Record or choose a longer clip.");
    }
    const plan = planMel(config);
    const { heap } = kernels;
    // The last frames that hear anything are centred half a frame behind the end.
    const { fftLength, hopLength, windowFrames, melBins } = config;
    const audible = contentFrames(samples, plan) + Math.ceil(fftLength / 2 / hopLength) + 1;
    let largest = 0;
    for (let from = 0; from < audible; from += windowFrames) {
      const mark = heap.mark();
      try {
        const count = Math.min(windowFrames, audible - from);
        const output = heap.allocateF32(count * melBins);
        const placed = placeFrames(kernels, samples, config, from, count);
        largest = Math.max(largest, logMelFrames(kernels, plan, placed, count, output));
      } finally {
        heap.release(mark);
      }
      await onPart(Math.min(1, (from + windowFrames) / audible));
    }
    return new RecordingLogMel(kernels, samples, plan, largest);
  }

  /**
   * Frames [from, from + count), then frames of 0.0 up to `total`: the value with which the reference
   * fills a short window, which is not that of silence. Frames behind the recording are silence.
   * Allocated in `kernels.heap`; belongs to the caller (mark, release).
   */
  window(from: number, count: number, total: number = count): LogMel {
    const { heap } = this.#kernels;
    const { melBins } = this.#plan.config;
    const pointer = heap.allocateF32(total * melBins);
    const scratch = heap.mark();
    const placed = placeFrames(this.#kernels, this.#samples, this.#plan.config, from, count);
    logMelFrames(this.#kernels, this.#plan, placed, count, pointer);
    heap.release(scratch);
    this.#kernels.normaliseLogMelF32(pointer, count * melBins, this.#floor);
    heap.f32(pointer, total * melBins).fill(0, count * melBins);
    return { pointer, frameCount: total, melBins };
  }
}

function contentFrames(samples: Float32Array, { config }: MelPlan): number {
  return Math.floor(samples.length / config.hopLength);
}
