import { describe, expect, it } from "vitest";
import type { FeatureConfig } from "../../src/features/feature-config.ts";
import { nextUtterance, quietFrame } from "../../src/transcription/quiet-cut.ts";
import { randomF32 } from "../fixtures/random.ts";

/** 50 frames a second. */
const config: FeatureConfig = {
  sampleRate: 8000,
  fftLength: 256,
  hopLength: 160,
  melBins: 40,
  windowSamples: 128000,
  windowFrames: 800,
};

/** Noise for 20 s, scaled as `loudness` says of each second. */
function recording(loudness: (seconds: number) => number): Float32Array {
  return randomF32(20 * 8000, 1).map((x, i) => x * loudness(i / 8000));
}

describe("quietFrame", () => {
  it("finds the middle of a pause, silent or not", () => {
    for (const level of [0, 0.01]) {
      const samples = recording((t) => (t > 10 && t < 11 ? level : 1));
      expect(Math.abs(quietFrame(samples, config, 400, 800) - 525)).toBeLessThan(3);
    }
  });

  it("prefers the longer of two pauses, and of equals the later", () => {
    const longer = recording((t) => ((t > 9 && t < 11) || (t > 13 && t < 14) ? 0 : 1));
    expect(Math.abs(quietFrame(longer, config, 400, 800) - 500)).toBeLessThan(3);
    const equal = recording((t) => ((t > 9 && t < 10) || (t > 13 && t < 14) ? 0 : 1));
    expect(Math.abs(quietFrame(equal, config, 400, 800) - 675)).toBeLessThan(3);
  });

  it("does not take the gap within a word for a pause", () => {
    const samples = recording((t) => {
      if (t > 9 && t < 9.06) return 0;
      return t > 12 && t < 13 ? 0.1 : 1;
    });
    expect(Math.abs(quietFrame(samples, config, 400, 800) - 625)).toBeLessThan(3);
  });

  it("stays between its limits and within the recording", () => {
    for (const samples of [recording(() => 1), recording(() => 0), new Float32Array(100)]) {
      const frame = quietFrame(samples, config, 400, 800);
      expect(frame).toBeGreaterThanOrEqual(400);
      expect(frame).toBeLessThanOrEqual(800);
    }
    expect(
      quietFrame(
        recording(() => 0),
        config,
        0,
        5,
      ),
    ).toBeLessThanOrEqual(5);
  });
});

describe("nextUtterance", () => {
  const next = (samples: Float32Array, start: number, end = 1000, most = 800) =>
    nextUtterance(samples, config, { start, end }, most);
  const isNear = (frame: number, seconds: number) => Math.abs(frame - 50 * seconds) < 10;

  it("is what is said between two pauses, without most of them, silent or not", () => {
    for (const level of [0, 0.01, 0.1]) {
      const samples = recording((t) => ((t > 2 && t < 5) || (t > 7 && t < 8) ? 1 : level));
      const first = next(samples, 0);
      expect(isNear(first.start, 1.7), `${first.start}`).toBe(true);
      expect(isNear(first.end, 5.3), `${first.end}`).toBe(true);
      const second = next(samples, first.end);
      expect(isNear(second.start, 6.7)).toBe(true);
      expect(isNear(second.end, 8.3)).toBe(true);
    }
  });

  it("goes on over short pauses", () => {
    const samples = recording((t) => (t > 3 && t < 3.9 ? 0 : 1));
    expect(next(samples, 0, 500)).toEqual({ start: 0, end: 500 });
  });

  it("ends with the last sound before the end", () => {
    const { end } = next(
      recording((t) => (t < 9.2 ? 1 : 0)),
      0,
      500,
    );
    expect(isNear(end, 9.6), `${end}`).toBe(true);
  });

  it("is cut at the quietest place where there is no pause", () => {
    const samples = recording((t) => (t > 11 && t < 11.5 ? 0.1 : 1));
    const { start, end } = next(samples, 0);
    expect(start).toBe(0);
    expect(isNear(end, 11.25)).toBe(true);
  });

  it("is all of a range without sound", () => {
    expect(
      next(
        recording(() => 0),
        0,
      ),
    ).toEqual({ start: 0, end: 800 });
    expect(
      next(
        recording(() => 0.01),
        800,
      ),
    ).toEqual({ start: 800, end: 1000 });
    expect(
      next(
        recording(() => 1),
        999,
      ),
    ).toEqual({ start: 999, end: 1000 });
  });
});
