import { describe, expect, it } from "vitest";
import { resample } from "../../src/audio/resample.ts";
import { StreamResampler } from "../../src/audio/stream-resampler.ts";
import { AudioError } from "../../src/errors.ts";
import { seededRandom } from "../fixtures/random.ts";
import { concatenate, whiteNoise } from "../vad/speech-signals.ts";

describe("a stream at another rate", () => {
  it.each([
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

  it("follows its input by little", () => {
    const resampler = new StreamResampler(48000, 16000);
    const output = resampler.push(new Float32Array(48000));
    expect(output.length).toBeGreaterThan(16000 - 100);
  });

  it.each([0, 44100.5, Number.NaN])("of %d Hz is refused", (rate) => {
    expect(() => new StreamResampler(rate, 16000)).toThrow(AudioError);
  });
});
