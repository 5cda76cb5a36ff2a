import { describe, expect, it } from "vitest";
import { AudioError } from "../../src/errors.ts";
import { type FeatureConfig, parseFeatureConfig } from "../../src/features/feature-config.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { RecordingLogMel } from "../../src/features/recording-log-mel.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { randomF32 } from "../fixtures/random.ts";
import { describeWithReference, referenceF32 } from "../fixtures/reference.ts";

const kernels = await instantiateNodeKernels();
const { heap } = kernels;

const whisper = parseFeatureConfig({});
/** A hop longer than half a frame, windows of 50 frames. */
const small: FeatureConfig = {
  sampleRate: 8000,
  fftLength: 256,
  hopLength: 160,
  melBins: 40,
  windowSamples: 8000,
  windowFrames: 50,
};

/** All frames of the recording and of a window of zeros after it, at once. */
function wholeLogMel(samples: Float32Array, config: FeatureConfig): Float32Array {
  const padded = new Float32Array(samples.length + config.windowSamples);
  padded.set(samples);
  const mark = heap.mark();
  const mel = computeLogMel(kernels, padded, config, { padTo: "none" });
  const values = heap.f32(mel.pointer, mel.frameCount * mel.melBins).slice();
  heap.release(mark);
  return values;
}

function frames(mel: RecordingLogMel, from: number, count: number, total = count): Float32Array {
  const mark = heap.mark();
  const { pointer, frameCount, melBins } = mel.window(from, count, total);
  const values = heap.f32(pointer, frameCount * melBins).slice();
  heap.release(mark);
  return values;
}

describe("RecordingLogMel", () => {
  it.each([
    ["several windows", 20_037],
    ["less than one window", 3000],
    ["less than half a frame", 100],
  ])("gives the frames of the whole, wherever a window begins: %s", async (_, count) => {
    const samples = randomF32(count, 1);
    const whole = wholeLogMel(samples, small);
    const mel = await RecordingLogMel.measure(kernels, samples, small);
    expect(mel.contentFrames).toBe(Math.floor(count / 160));
    for (const from of [0, 1, 2, 17, 49, mel.contentFrames - 3, mel.contentFrames]) {
      if (from < 0) continue;
      const expected = whole.subarray(from * 40, (from + 47) * 40);
      expect(frames(mel, from, expected.length / 40), `from ${from}`).toEqual(expected);
    }
  });

  it("takes the loudest moment wherever it is, were it in the last sample", async () => {
    for (const loudest of [0, 9000, 19_999]) {
      const samples = randomF32(20_000, 2).map((x, i) => (i === loudest ? 1 : x / 1e6));
      const expected = wholeLogMel(samples, small).subarray(30 * 40, 40 * 40);
      const mel = await RecordingLogMel.measure(kernels, samples, small);
      expect(frames(mel, 30, 10)).toEqual(expected);
    }
  });

  it("fills a window with 0.0, which is not what silence gives", async () => {
    const mel = await RecordingLogMel.measure(kernels, randomF32(8000, 3), small);
    const filled = frames(mel, 20, 10, 50);
    expect(filled.subarray(0, 400)).toEqual(frames(mel, 20, 10));
    expect(filled.subarray(400)).toEqual(new Float32Array(1600));
    const silence = frames(mel, 55, 1)[0]!;
    expect(silence).toBeLessThan(-0.1);
    expect(frames(mel, 55, 1)).toEqual(new Float32Array(40).fill(silence));
  });

  it("tells how much it heard, and stops where the listener throws", async () => {
    const shares: number[] = [];
    const samples = randomF32(30_000, 1);
    await RecordingLogMel.measure(kernels, samples, small, async (share) => {
      shares.push(share);
    });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares).toHaveLength(4);
    expect(shares.at(-1)).toBe(1);
    const used = heap.usedBytes;
    const stopped = RecordingLogMel.measure(kernels, samples, small, async () => {
      throw new Error("enough");
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(heap.usedBytes).toBe(used);
  });

  it("refuses no samples, NaN and infinity, and gives its memory back", async () => {
    const used = heap.usedBytes;
    const measure = (samples: Float32Array) => RecordingLogMel.measure(kernels, samples, small);
    await expect(measure(new Float32Array())).rejects.toThrow(AudioError);
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const samples = randomF32(20_000, 1);
      samples[19_999] = value;
      await expect(measure(samples)).rejects.toThrow(AudioError);
    }
    expect(heap.usedBytes).toBe(used);
  });
});

describeWithReference("RecordingLogMel on OpenAI's long clip", () => {
  it("gives the selected frames, one window at a time", async () => {
    const selected = [0, 1, 999, 1500, 3000, 4321, 6000, 7511, 7512, 7513, 7514, 10512];
    const mel = await RecordingLogMel.measure(kernels, referenceAudio("long"), whisper);
    expect(mel.contentFrames).toBe(7513);
    const expected = referenceF32("mel/long_mel80_selected_frames.f32");
    for (const [column, frame] of selected.entries()) {
      const values = frames(mel, Math.max(0, frame - 5), 3000).subarray(80 * Math.min(frame, 5));
      const want = Float32Array.from({ length: 80 }, (_, bin) => {
        return expected[bin * selected.length + column]!;
      });
      // OpenAI's float32 FFT is itself 2.3e-5 away from float64; the same again for ours.
      expect(maxDifference(values.subarray(0, 80), want), `frame ${frame}`).toBeLessThan(5e-5);
    }
  });
});
