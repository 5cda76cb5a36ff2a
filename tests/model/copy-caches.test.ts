import { describe, expect, it } from "vitest";
import { createKeyValueCache } from "../../src/model/key-value-cache.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";

const HEADS = 3;
const CAPACITY = 70;

async function caches(kind: "f32" | "int8", headSize: number) {
  const kernels = await instantiateNodeKernels();
  const { heap } = kernels;
  const width = HEADS * headSize;
  const query = heap.copyF32(randomF32(width, 1));
  const output = heap.allocateF32(width);
  return {
    create: () => createKeyValueCache(kernels, kind, width, HEADS, CAPACITY),
    /** Keys and values of rows that differ by seed. */
    rows: (count: number, seed: number) => {
      return [heap.copyF32(randomF32(count * width, seed)), width] as const;
    },
    attend: (cache: ReturnType<typeof createKeyValueCache>) => {
      cache.attend(query, 1, width, output, false);
      return heap.f32(output, width).slice();
    },
  };
}

describe.each(["f32", "int8"] as const)("caches of %s", (kind) => {
  it.each([12, 16, 64])("take over positions of one another, heads of %i", async (headSize) => {
    const { create, rows, attend } = await caches(kind, headSize);
    const append = (cache: ReturnType<typeof create>, count: number, seed: number) => {
      const [pointer, width] = rows(count, seed);
      cache.append(pointer, pointer, count, width);
    };
    for (const [common, own, to] of [
      [0, 0, 40],
      [0, 9, 5],
      [7, 3, 9],
      [8, 5, 33],
      [21, 30, 22],
      [33, 20, 33],
      [37, 1, 64],
      [50, 20, 70],
    ] as const) {
      const [source, target, expected] = [create(), create(), create()];
      for (const cache of [source, target, expected]) if (common > 0) append(cache, common, 2);
      if (own > 0) append(target, own, 3);
      for (let at = common; at < 70; at++) append(source, 1, 10 + at);
      for (let at = common; at < to; at++) append(expected, 1, 10 + at);
      target.copyFrom(source, common, to);
      expect(target.length).toBe(to);
      const label = `${common} ${own} ${to}`;
      expect(maxDifference(attend(target), attend(expected)), label).toBe(0);
      if (to === 70) continue;
      for (const cache of [target, expected]) append(cache, 1, 99);
      expect(maxDifference(attend(target), attend(expected)), label).toBe(0);
    }
  });
});
