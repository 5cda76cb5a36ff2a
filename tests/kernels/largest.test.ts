import { beforeAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Logits } from "../../src/model/logits.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await testKernels();
});

function largest(values: Float32Array, count: number): number[] {
  return new Logits(kernels, kernels.heap.copyF32(values), values.length).largest(count);
}

/** By definition: a stable sort of what is a number and not masked. */
function sorted(values: Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .filter((i) => values[i]! > Number.NEGATIVE_INFINITY)
    .sort((a, b) => values[b]! - values[a]!)
    .slice(0, count);
}

describe("the largest logits", () => {
  it.each([1, 3, 15, 16, 17, 33, 1909, 51865])("of %i are those of a sort", (size) => {
    const values = randomF32(size, size);
    for (const count of [1, 2, 6, 11, size + 3].filter((count) => count < 100)) {
      expect(largest(values, count)).toEqual(sorted(values, count));
    }
  });

  it("come in their order where they are equal", () => {
    // Few different values, so that equals are cut at the end of the list too.
    const values = randomF32(300, 5).map((x) => Math.round(x * 2));
    for (const count of [1, 5, 80]) expect(largest(values, count)).toEqual(sorted(values, count));
  });

  it.each([
    ["rising", (i: number) => i],
    ["falling", (i: number) => -i],
  ])("are found in %s ones", (_, value) => {
    const values = Float32Array.from({ length: 100 }, (_, i) => value(i));
    expect(largest(values, 7)).toEqual(sorted(values, 7));
  });

  it("are fewer where others are masked or no numbers", () => {
    const values = new Float32Array(50).fill(Number.NEGATIVE_INFINITY);
    expect(largest(values, 4)).toEqual([]);
    values[20] = -5;
    values[49] = 3;
    values[7] = Number.NaN;
    expect(largest(values, 4)).toEqual([49, 20]);
  });
});
