import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

// The whole of logMelRowsF32 stands against its definition in tests/features/log-mel.test.ts. Here a
// frame of two samples, whose bins are their sum and difference, reaches the kernel's edges.
describe("logMelRowsF32", async () => {
  const kernels = await testKernels();
  const { heap } = kernels;

  /** One filter for each of the two bins, weight 1. */
  const run = (samples: ArrayLike<number>, frameCount: number, hop: number, largest = 0) => {
    const output = heap.copyF32(new Float32Array(2 * frameCount + 2).fill(7));
    const largestPower = heap.copyF32([largest]);
    kernels.logMelRowsF32(
      heap.copyF32([...Array.from(samples), 0, 0, 0]),
      frameCount,
      heap.copyI32([
        hop,
        heap.copyF32([1, 1, 0, 0]),
        2,
        0,
        0,
        0,
        heap.copyI32([0, 1, 1, 1]),
        heap.copyF32([1, 1]),
        2,
      ]),
      output,
      largestPower,
      heap.allocateF32(2 * 4 * 6),
    );
    return {
      rows: heap.f32(output, 2 * frameCount).slice(),
      beyond: [...heap.f32(output + 8 * frameCount, 2)],
      largest: heap.f32(largestPower, 1)[0]!,
    };
  };

  it.each([1, 2, 3, 4, 5, 7, 8])("%i frames: each in its row, none beyond", (frameCount) => {
    const hop = 3;
    const samples = randomF32(frameCount * hop, frameCount);
    const expected = Array.from({ length: frameCount }, (_, frame) => {
      const [a, b] = [samples[frame * hop]!, samples[frame * hop + 1]!];
      return [2 * Math.log10(Math.abs(a + b)), 2 * Math.log10(Math.abs(a - b))];
    });
    const { rows, beyond, largest } = run(samples, frameCount, hop);
    expect(maxDifference(rows, expected.flat())).toBeLessThan(1e-5);
    expect(beyond).toEqual([7, 7]);
    expect(Math.log10(largest)).toBeCloseTo(Math.max(...expected.flat()), 5);
  });

  it("takes logarithms of powers from 1e-10 to 1e10, zero as 1e-10", () => {
    const amplitudes = Array.from({ length: 41 }, (_, i) => 10 ** (i / 4 - 5));
    const { rows } = run(
      amplitudes.flatMap((x) => [x / 2, x / 2]),
      amplitudes.length,
      2,
    );
    const expected = amplitudes.flatMap((_, i) => [i / 2 - 10, -10]);
    expect(maxDifference(rows, expected)).toBeLessThan(2e-6);
  });

  it("raises the largest power and never lowers it", () => {
    expect(run([1, 2], 1, 2, 4).largest).toBe(9);
    expect(run([1, 2], 1, 2, 10).largest).toBe(10);
    expect(run([1, Number.NaN], 1, 2).largest).toBeNaN();
  });
});

describe("normaliseLogMelF32", async () => {
  const { heap, ...kernels } = await testKernels();

  it.each([1, 3, 4, 9])("%i values: (max(x, floor) + 4) / 4", (count) => {
    const values = randomF32(count, count).map((x) => x * 10);
    const data = heap.copyF32([...values, 5]);
    kernels.normaliseLogMelF32(data, count, -6);
    const expected = values.map((x) => (Math.max(x, -6) + 4) / 4);
    expect([...heap.f32(data, count + 1)]).toEqual([...expected, 5]);
  });
});
