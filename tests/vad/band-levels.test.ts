import { describe, expect, it } from "vitest";
import { BandLevels } from "../../src/vad/band-levels.ts";
import { sine } from "../audio/tones.ts";
import { whiteNoise } from "./speech-signals.ts";

function levelsOf(samples: Float32Array, rate: number, blockLength = samples.length) {
  const frames: [number, number][] = [];
  const levels = new BandLevels(rate, (low, high) => frames.push([low, high]));
  for (let at = 0; at < samples.length; at += blockLength) {
    levels.push(samples.subarray(at, at + blockLength));
  }
  levels.finish();
  return frames;
}

/** Both levels of the middle of a second of a sine of amplitude 1. */
function steadyLevels(frequency: number, rate: number): [number, number] {
  return levelsOf(sine(frequency, rate, rate), rate)[50]!;
}

describe.each([8000, 16000, 44100])("levels at %d Hz", (rate) => {
  it("are those of the mean square, -3 dB for a sine, in the band it is in", () => {
    const [low, soft] = steadyLevels(300, rate);
    expect(low).toBeCloseTo(-3.01, 0);
    expect(soft).toBeLessThan(low - 15);
    const [weak, high] = steadyLevels(3000, rate);
    expect(high).toBeCloseTo(-3.01, 0);
    expect(weak).toBeLessThan(high - 15);
  });

  it("hardly have mains hum, and no constant", () => {
    expect(steadyLevels(50, rate)[0]).toBeLessThan(-30);
    expect(steadyLevels(25, rate)[0]).toBeLessThan(-55);
    for (const [low, high] of levelsOf(new Float32Array(rate).fill(0.5), rate)) {
      expect(low).toBe(Number.NEGATIVE_INFINITY);
      expect(high).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  it("come one for each ten milliseconds begun", () => {
    const hop = Math.round(rate / 100);
    for (const [length, count] of [
      [0, 0],
      [1, 1],
      [hop, 1],
      [hop + 1, 2],
      [10 * hop, 10],
    ] as const) {
      expect(levelsOf(whiteNoise(length, 0.1, 1), rate)).toHaveLength(count);
    }
  });

  it("do not depend on how the samples are cut into blocks", () => {
    const noise = whiteNoise(rate, 0.1, 2);
    const whole = levelsOf(noise, rate);
    for (const size of [1, 7, 100, 1000]) {
      for (const [i, [low, high]] of levelsOf(noise, rate, size).entries()) {
        expect(low).toBeCloseTo(whole[i]![0], 9);
        expect(high).toBeCloseTo(whole[i]![1], 9);
      }
    }
  });
});
