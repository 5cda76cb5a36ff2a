import { describe, expect, test } from "vitest";
import { resample, StreamResampler } from "../../src/audio/resample.ts";
import { AudioError } from "../../src/errors.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32, seededRandom } from "../fixtures/random.ts";
import { concatenate, whiteNoise } from "../vad/speech-signals.ts";
import { decibels, errorDecibels, rootMeanSquare, sine } from "./tones.ts";

/** Rates that recordings have, to the rates that models have. */
const pairs: readonly (readonly [from: number, to: number])[] = [
  [44100, 16000],
  [48000, 16000],
  [48000, 8000],
  [22050, 16000],
  [16000, 8000],
  [8000, 16000],
  [11025, 8000],
];

/** Within half a filter (some 60 samples of the lower rate) of an end, silence is heard too. */
function withoutEnds(samples: Float32Array, from: number, to: number): Float32Array {
  const margin = Math.ceil((80 * to) / Math.min(from, to));
  expect(samples.length).toBeGreaterThan(3 * margin);
  return samples.subarray(margin, samples.length - margin);
}

describe.each(pairs)("%i to %i Hz", (from, to) => {
  const lower = Math.min(from, to);

  test.each([0.01, 0.2, 0.44])(
    "a tone at %f of the lower rate keeps amplitude and phase",
    (part) => {
      const output = resample(sine(part * lower, from, from / 5), from, to);
      const expected = sine(part * lower, to, output.length);
      const error = errorDecibels(withoutEnds(output, from, to), withoutEnds(expected, from, to));
      expect(error).toBeLessThan(-90);
    },
  );

  test("nothing above half the lower rate comes through", () => {
    // Downwards it would be an alias; upwards, where the input has no such tone, an image.
    const frequencies = from > to ? [0.501 * to, 0.6 * to, 0.49 * from] : [0.44 * from];
    for (const frequency of frequencies) {
      const output = resample(sine(frequency, from, from / 5), from, to);
      const wanted = from > to ? output.map(() => 0) : sine(frequency, to, output.length);
      const rest = withoutEnds(
        output.map((x, i) => x - wanted[i]!),
        from,
        to,
      );
      expect(decibels(rootMeanSquare(rest) * Math.SQRT2)).toBeLessThan(-95);
    }
  });

  test("a constant stays that constant", () => {
    const output = resample(new Float32Array(from / 10).fill(0.75), from, to);
    const middle = withoutEnds(output, from, to);
    expect(maxDifference(middle, new Float32Array(middle.length).fill(0.75))).toBe(0);
  });

  test("the length is that of the same time, rounded up", () => {
    for (const length of [0, 1, 2, 3, 440, 441, 442, 1000]) {
      expect(resample(new Float32Array(length), from, to)).toHaveLength(
        Math.ceil((length * to) / from),
      );
    }
  });

  test("an impulse stays where it was", () => {
    const input = new Float32Array(from / 10);
    const at = Math.round(0.04 * from); // a time that both grids have
    input[at] = 1;
    const output = resample(input, from, to);
    const peak = output.reduce((best, x, i) => (x > output[best]! ? i : best), 0);
    expect(peak).toBe(Math.round(0.04 * to));
  });
});

test("equal rates give the very samples", () => {
  const samples = randomF32(1000, 1);
  expect(resample(samples, 16000, 16000)).toBe(samples);
});

describe("the naive twin", () => {
  /** The same filter as one continuous function, evaluated for every pair of samples. */
  function resampleNaively(samples: Float32Array, from: number, to: number): Float32Array {
    const lower = Math.min(1, to / from);
    const halfWidth = Math.ceil((96 - 7.95) / (2.285 * 2 * Math.PI * 0.05 * lower) / 2);
    const beta = 0.1102 * (96 - 8.7);
    // I0 by its integral, (1 / pi) of exp(x cos t) over 0..pi, the midpoint rule being exact for it.
    const i0 = (x: number) => {
      let sum = 0;
      for (let k = 0; k < 64; k++) sum += Math.exp(x * Math.cos((Math.PI * (k + 0.5)) / 64));
      return sum / 64;
    };
    const filter = (time: number) => {
      if (Math.abs(time) > halfWidth) return 0;
      const angle = 2 * Math.PI * 0.475 * lower * time;
      const sinc = Math.abs(angle) < 1e-9 ? 1 : Math.sin(angle) / angle;
      return 0.95 * lower * sinc * (i0(beta * Math.sqrt(1 - (time / halfWidth) ** 2)) / i0(beta));
    };
    return Float32Array.from({ length: Math.ceil((samples.length * to) / from) }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < samples.length; k++) sum += samples[k]! * filter((i * from) / to - k);
      return sum;
    });
  }

  test.each([...pairs, [44101, 16000] as const])("%i to %i Hz, ends included", (from, to) => {
    const samples = randomF32(700, from);
    const difference = maxDifference(
      resample(samples, from, to),
      resampleNaively(samples, from, to),
    );
    // The fast one divides each phase by its sum; the sums differ from 1 by the stop band's ripple.
    expect(difference).toBeLessThan(1e-4);
  });

  test("fewer samples than the filter is long", () => {
    const samples = randomF32(5, 2);
    const difference = maxDifference(
      resample(samples, 48000, 16000),
      resampleNaively(samples, 48000, 16000),
    );
    expect(difference).toBeLessThan(1e-5);
  });
});

test("what comes first in the output does not depend on how the recording goes on", () => {
  // So that a live stream may be converted piece by piece with an overlap of one filter.
  const whole = randomF32(44100, 3);
  const output = resample(whole, 44100, 16000);
  const half = resample(whole.subarray(0, 22050), 44100, 16000);
  const sure = half.length - 80;
  expect(half.subarray(0, sure)).toEqual(output.subarray(0, sure));
});

test.each([0, 1, 999, -8000, 44100.5, Number.NaN, 1e9])("a rate of %d Hz is refused", (rate) => {
  expect(() => resample(new Float32Array(10), rate, 16000)).toThrow(AudioError);
  expect(() => resample(new Float32Array(10), 16000, rate)).toThrow(AudioError);
});

describe("a stream at another rate", () => {
  test.each([
    [48000, 16000],
    [44100, 16000],
    [44100, 8000],
    [8000, 16000],
    [16000, 16000],
    [11025, 8000],
  ])("%d to %d Hz is sample by sample what the whole gives", (from, to) => {
    const random = seededRandom(from + to);
    for (const length of [0, 1, 100, 3000, 20_000]) {
      const samples = whiteNoise(length, 0.3, length + 1);
      const resampler = new StreamResampler(from, to);
      const blocks: Float32Array[] = [];
      for (let at = 0; at < length; ) {
        const size = Math.floor(random() * 1500);
        blocks.push(resampler.push(samples.subarray(at, at + size)));
        at += size;
      }
      blocks.push(resampler.finish());
      expect(concatenate(...blocks)).toEqual(resample(samples, from, to));
    }
  });

  test("follows its input by little", () => {
    const resampler = new StreamResampler(48000, 16000);
    const output = resampler.push(new Float32Array(48000));
    expect(output.length).toBeGreaterThan(16000 - 100);
  });

  test.each([0, 44100.5, Number.NaN])("of %d Hz is refused", (rate) => {
    expect(() => new StreamResampler(rate, 16000)).toThrow(AudioError);
  });
});

test("rates without a common divisor take bounded time and memory", () => {
  const from = 767_999;
  const tone = (rate: number, count: number) => {
    return Float32Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * 440 * i) / rate));
  };
  const output = resample(tone(from, from / 10), from, 16000);
  const expected = tone(16000, output.length);
  const error = output.slice(200, -200).map((x, i) => Math.abs(x - expected[i + 200]!));
  expect(Math.max(...error)).toBeLessThan(1e-4);
});
