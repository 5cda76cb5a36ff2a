import { expect, vi } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { testKernels } from "./test-kernels.ts";

/** Expects that two threads give every number of every job to the last bit as one does. */
export async function expectEqualThreads<Job>(
  jobs: readonly Job[],
  run: (kernels: Kernels, job: Job) => Float32Array,
): Promise<void> {
  // A clock that stands still: help never costs anything, so that all work is shared.
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  const [alone, pool] = [await testKernels(), await testKernels({ threads: 2 })];
  expect(pool.threads).toBe(2);
  for (const job of jobs) {
    const [expected, found] = [alone, pool].map((kernels) => {
      const mark = kernels.heap.mark();
      const output = run(kernels, job);
      kernels.heap.release(mark);
      return output;
    });
    expect(expected!.length).toBeGreaterThan(0);
    expect(found, JSON.stringify(job)).toEqual(expected);
  }
  pool.dispose();
  clock.mockRestore();
}
