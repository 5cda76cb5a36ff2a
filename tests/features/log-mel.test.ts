import { describe, expect, it } from "vitest";
import { AudioError } from "../../src/errors.ts";
import { type FeatureConfig, parseFeatureConfig } from "../../src/features/feature-config.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { randomF32 } from "../fixtures/random.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";

const kernels = await instantiateNodeKernels();
const { heap } = kernels;

const whisper = parseFeatureConfig({});
const largeV3: FeatureConfig = { ...whisper, melBins: 128 };

interface Spectrogram {
  readonly values: Float32Array;
  readonly frameCount: number;
  readonly melBins: number;
  /** Columns `from` .. `to` as the reference stores them: [mel][frame]. */
  columns(frames: readonly number[]): Float32Array;
}

function logMel(
  samples: Float32Array,
  config: FeatureConfig,
  padTo: "window" | "none",
): Spectrogram {
  const mark = heap.mark();
  const { pointer, frameCount, melBins } = computeLogMel(kernels, samples, config, { padTo });
  const values = heap.f32(pointer, frameCount * melBins).slice();
  heap.release(mark);
  const columns = (frames: readonly number[]) =>
    Float32Array.from(
      { length: melBins * frames.length },
      (_, i) => values[frames[i % frames.length]! * melBins + Math.floor(i / frames.length)]!,
    );
  return { values, frameCount, melBins, columns };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** OpenAI's float32 FFT is itself 2.3e-5 away from float64; the same again for ours. */
const TOLERANCE = 5e-5;

describeWithReference("computeLogMel on OpenAI's spectrograms", () => {
  const jfk = referenceAudio("jfk");
  const statistics = referenceJson("mel/mel.json");

  it("80 bins, padded to 30 s: all 3000 frames", () => {
    const { values, frameCount } = logMel(jfk, whisper, "window");
    expect(frameCount).toBe(3000);
    expect(maxDifference(values, referenceLogMel())).toBeLessThan(TOLERANCE);
  });

  it("80 bins, not padded: the last frames, which see the reflected end", () => {
    const { columns, frameCount } = logMel(jfk, whisper, "none");
    expect(frameCount).toBe(1100);
    const expected = referenceF32("mel/mel80_unpadded_tail.f32");
    expect(maxDifference(columns(range(1092, 1100)), expected)).toBeLessThan(TOLERANCE);
  });

  it("128 bins, padded and not", () => {
    const padded = logMel(jfk, largeV3, "window");
    const head = referenceF32("mel/mel128_padded_30s_frames0-32.f32");
    expect(maxDifference(padded.columns(range(0, 32)), head)).toBeLessThan(TOLERANCE);
    const tail = referenceF32("mel/mel128_padded_30s_tail.f32");
    expect(maxDifference(padded.columns(range(1086, 1102)), tail)).toBeLessThan(TOLERANCE);
    const unpadded = referenceF32("mel/mel128_unpadded_tail.f32");
    const columns = logMel(jfk, largeV3, "none").columns(range(1092, 1100));
    expect(maxDifference(columns, unpadded)).toBeLessThan(TOLERANCE);
  });

  it.each(["mel80_padded_30s", "mel80_unpadded", "mel128_padded_30s", "mel128_unpadded"])(
    "%s: statistics of the whole array",
    (name) => {
      const config = name.startsWith("mel128") ? largeV3 : whisper;
      const spectrogram = logMel(jfk, config, name.endsWith("30s") ? "window" : "none");
      expectStatistics(spectrogram, statistics.cases[name]);
    },
  );

  it("a long recording: the maximum is over all of it", () => {
    const frames = [0, 1, 999, 1500, 3000, 4321, 6000, 7511, 7512, 7513, 7514, 10512];
    const long = referenceAudio("long");
    const padded = new Float32Array(long.length + 480000);
    padded.set(long);
    const { columns, frameCount } = logMel(padded, whisper, "none");
    expect(frameCount).toBe(statistics.long_clip.frames_with_30s_padding);
    const expected = referenceF32("mel/long_mel80_selected_frames.f32");
    expect(maxDifference(columns(frames), expected)).toBeLessThan(TOLERANCE);
  });

  it("short inputs", () => {
    const { short_inputs: short } = statistics;
    const zeros = logMel(new Float32Array(16000), whisper, "none");
    expect(zeros.values).toEqual(new Float32Array(100 * 80).fill(-1.5));
    for (const count of [401, 1234]) {
      const spectrogram = logMel(jfk.slice(20000, 20000 + count), whisper, "none");
      expectStatistics(spectrogram, short[`first_${count}_samples`]);
    }
  });
});

function expectStatistics(
  { values, frameCount, melBins }: Spectrogram,
  expected: {
    shape: number[];
    mean: number;
    std_population: number;
    l2: number;
    min: number;
    max: number;
    row_means?: number[];
  },
): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  expect([melBins, frameCount]).toEqual(expected.shape);
  expect(mean).toBeCloseTo(expected.mean, 5);
  expect(Math.sqrt(variance)).toBeCloseTo(expected.std_population, 5);
  expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0)) / expected.l2).toBeCloseTo(1, 6);
  expect(values.reduce((a, b) => Math.min(a, b))).toBeCloseTo(expected.min, 5);
  expect(values.reduce((a, b) => Math.max(a, b))).toBeCloseTo(expected.max, 5);
  // Of 128 rows the reference keeps every fourth.
  const rowMeans = expected.row_means ?? [];
  for (const [i, rowMean] of rowMeans.entries()) {
    const bin = (i * melBins) / rowMeans.length;
    let sum = 0;
    for (let frame = 0; frame < frameCount; frame++) sum += values[frame * melBins + bin]!;
    expect(sum / frameCount).toBeCloseTo(rowMean, 5);
  }
}

/** The digits model's features: 8 kHz, a hop longer than half a frame. */
const digits: FeatureConfig = {
  sampleRate: 8000,
  fftLength: 256,
  hopLength: 160,
  melBins: 40,
  windowSamples: 128000,
  windowFrames: 800,
};

describe("computeLogMel", () => {
  it.each([
    { name: "8 kHz, 256 samples", config: digits, sampleCount: 5 * 160 + 7 },
    {
      name: "an n_fft that is no multiple of 4, and odd bins",
      config: { ...digits, fftLength: 154, melBins: 13 },
      sampleCount: 1111,
    },
  ])("equals the definition: $name", ({ config, sampleCount }) => {
    const samples = randomF32(sampleCount, 1);
    const { values, frameCount } = logMel(samples, config, "none");
    expect(frameCount).toBe(Math.floor(sampleCount / config.hopLength));
    expect(maxDifference(values, naiveLogMel(samples, config))).toBeLessThan(TOLERANCE);
  });

  it("continues audio shorter than the reflection with zeros", () => {
    for (const count of [1, 100, 159]) {
      const short = randomF32(count, count);
      const continued = new Float32Array(201);
      continued.set(short);
      expect(logMel(short, whisper, "none").values).toEqual(
        logMel(continued, whisper, "none").values,
      );
      expect(logMel(short, whisper, "none").frameCount).toBe(1);
      expect(logMel(short, digits, "none").frameCount).toBe(1);
    }
  });

  it("takes a full window and refuses one sample more", () => {
    const full = randomF32(128000, 1);
    expect(logMel(full, digits, "window").values).toEqual(logMel(full, digits, "none").values);
    const over = () =>
      computeLogMel(kernels, new Float32Array(128001), digits, { padTo: "window" });
    expect(over).toThrow(AudioError);
    expect(over).toThrow("at most 16.0 s");
  });

  it("refuses no samples, NaN and infinity, and gives its memory back", () => {
    const before = heap.usedBytes;
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const samples = randomF32(1000, 1);
      samples[500] = value;
      expect(() => computeLogMel(kernels, samples, whisper, { padTo: "none" })).toThrow(AudioError);
    }
    const empty = () => computeLogMel(kernels, new Float32Array(), whisper, { padTo: "window" });
    expect(empty).toThrow(AudioError);
    expect(heap.usedBytes).toBe(before);
  });

  it("leaves nothing but the result on the heap", () => {
    const mark = heap.mark();
    const { frameCount } = computeLogMel(kernels, randomF32(16000, 1), whisper, { padTo: "none" });
    expect(heap.usedBytes - mark).toBe(frameCount * 80 * 4);
    heap.release(mark);
  });
});

/** The specification in double precision, with dense filters and no fast transform. */
function naiveLogMel(samples: Float32Array, config: FeatureConfig): Float64Array {
  const { sampleRate, fftLength: n, hopLength, melBins } = config;
  const toMel = (hz: number) => (hz < 1000 ? hz * 0.015 : 15 + Math.log(hz / 1000) * MEL_PER_LOG);
  const toHertz = (mel: number) =>
    mel < 15 ? mel / 0.015 : 1000 * Math.exp((mel - 15) / MEL_PER_LOG);
  const edge = (i: number) => toHertz((toMel(sampleRate / 2) * i) / (melBins + 1));
  const reflected = (i: number) => {
    if (i < 0) return samples[-i]!;
    return i < samples.length ? samples[i]! : samples[2 * samples.length - 2 - i]!;
  };
  const logs: number[] = [];
  for (let frame = 0; frame < Math.floor(samples.length / hopLength); frame++) {
    const powers = Array.from({ length: n / 2 + 1 }, (_, k) => {
      let [re, im] = [0, 0];
      for (let i = 0; i < n; i++) {
        const x = reflected(frame * hopLength + i - n / 2) * Math.sin((Math.PI * i) / n) ** 2;
        re += x * Math.cos((2 * Math.PI * i * k) / n);
        im += x * Math.sin((2 * Math.PI * i * k) / n);
      }
      return re * re + im * im;
    });
    for (let bin = 0; bin < melBins; bin++) {
      const [low, centre, high] = [edge(bin), edge(bin + 1), edge(bin + 2)];
      const power = powers.reduce((sum, value, k) => {
        const hertz = (k * sampleRate) / n;
        const height = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
        return sum + (Math.max(0, height) * value * 2) / (high - low);
      }, 0);
      logs.push(Math.log10(Math.max(power, 1e-10)));
    }
  }
  const floor = Math.max(...logs) - 8;
  return Float64Array.from(logs, (log) => (Math.max(log, floor) + 4) / 4);
}

const MEL_PER_LOG = 27 / Math.log(6.4);
