import { describe, expect, it } from "vitest";
import { planRealFft } from "../../src/features/fft-plan.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

/** The specification: bins 0 .. n / 2 as real, imaginary, real, ...; in double precision. */
function naiveDft(frame: Float32Array): Float64Array {
  const n = frame.length;
  const bins = new Float64Array(n + 2);
  for (let k = 0; k <= n / 2; k++) {
    for (let i = 0; i < n; i++) {
      const angle = (-2 * Math.PI * ((i * k) % n)) / n;
      bins[2 * k]! += frame[i]! * Math.cos(angle);
      bins[2 * k + 1]! += frame[i]! * Math.sin(angle);
    }
  }
  return bins;
}

describe("realFftF32x4", async () => {
  const kernels = await testKernels();
  const { heap } = kernels;

  /** Transforms four frames of n samples. */
  const fft = (frames: readonly Float32Array[], n: number): Float32Array[] => {
    const plan = planRealFft(n);
    const data = heap.allocateF32(4 * (n + 2));
    const lanes = heap.f32(data, 4 * n);
    for (const [lane, frame] of frames.entries()) {
      for (const [i, sample] of frame.entries()) lanes[4 * i + lane] = sample;
    }
    kernels.realFftF32x4(
      data,
      n,
      heap.copyI32(plan.factors),
      plan.factors.length,
      heap.copyF32(plan.twiddles),
      heap.allocateF32(4 * (n + 2)),
    );
    const bins = heap.f32(data, 4 * (n + 2)).slice();
    return frames.map((_, lane) =>
      Float32Array.from({ length: n + 2 }, (_, i) => bins[4 * i + lane]!),
    );
  };

  it.each([
    2, 4, 6, 8, 10, 12, 14, 18, 20, 22, 26, 30, 50, 60, 98, 100, 154, 200, 256, 400, 480, 512, 1024,
  ])("n = %i equals the definition", (n) => {
    const frames = [1, 2, 3, 4].map((seed) => randomF32(n, seed));
    for (const [lane, bins] of fft(frames, n).entries()) {
      const error = maxDifference(bins, naiveDft(frames[lane]!));
      expect(error / Math.sqrt(n)).toBeLessThan(1e-6);
    }
  });

  it("keeps a quiet frame's precision beside loud ones", () => {
    const n = 400;
    const quiet = randomF32(n, 1).map((x) => x * 1e-6);
    const frames = [randomF32(n, 2), quiet, randomF32(n, 3), randomF32(n, 4)];
    const error = maxDifference(fft(frames, n)[1]!, naiveDft(quiet));
    expect(error / (1e-6 * Math.sqrt(n))).toBeLessThan(1e-6);
  });
});

describe("planRealFft", () => {
  it("prefers radix 4 and keeps large primes whole", () => {
    expect([...planRealFft(400).factors]).toEqual([4, 5, 5, 2]);
    expect([...planRealFft(512).factors]).toEqual([4, 4, 4, 4]);
    expect([...planRealFft(2 * 3 * 11 * 13).factors]).toEqual([3, 11, 13]);
    expect([...planRealFft(2).factors]).toEqual([]);
  });
});
