import { afterAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { RotatedStorage } from "../../src/linear/rotated-storage.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { expectEqualThreads } from "./compare-threads.ts";
import { applyStep, fastGelu, rotateRows, steps } from "./linear-step.ts";
import { roundActivations, roundWeightsInt4, roundWeightsInt8 } from "./rounding.ts";
import { allLoops, build, kernelsWith, testKernels } from "./test-kernels.ts";

// Few rows are shared out by panels, 24 and more by rows; 4-bit panels are widened for 10 rows and
// more; loops take 1 to 6 rows at once.
const shapes = [
  [1, 384, 1536],
  [1, 384, 51],
  [1, 1536, 51],
  [2, 192, 40],
  [3, 64, 20],
  [4, 64, 24],
  [4, 192, 9],
  [5, 64, 24],
  [5, 288, 13],
  [6, 96, 16],
  [6, 512, 16],
  [7, 128, 13],
  [7, 768, 9],
  [8, 192, 40],
  [9, 64, 24],
  [10, 64, 24],
  [11, 192, 8],
  [23, 33, 21],
  [24, 96, 64],
  [61, 100, 30],
  [131, 1280, 24],
] as const;

const layers = shapes.flatMap(([rows, inner, columns], shape) =>
  ([8, 4] as const).flatMap((bits) =>
    [...steps, fastGelu].map((step, i) => {
      const accumulate = (shape + i) % 2 === 0;
      return { rows, inner, columns, bits, step, name: step.name, accumulate };
    }),
  ),
);
type Layer = (typeof layers)[number];

/** Float32 between rows of the output: more than its columns. */
const strideOf = ({ columns }: Layer) => columns + 5;

/** What all layers of a shape compute with. */
const numbersOf = (layer: Layer) => {
  const { rows, inner, columns } = layer;
  return {
    input: noise(rows * inner, 1),
    weights: noise(columns * inner, 2),
    bias: noise(columns, 3),
    normWeight: noise(inner, 4),
    normBias: noise(inner, 5),
    before: noise(rows * strideOf(layer), 6),
  };
};

/** randomF32, which takes longer than the layers do, each once. */
const made = new Map<string, Float32Array>();
function noise(length: number, seed: number): Float32Array {
  const key = `${length} ${seed}`;
  const values = made.get(key) ?? randomF32(length, seed);
  made.set(key, values);
  return values;
}

/** What rotatedLinearRows makes of `before`: F32 [rows, strideOf(layer)]. */
function apply(kernels: Kernels, layer: Layer): Float32Array {
  const { heap } = kernels;
  const { rows, inner, columns, bits, step, accumulate } = layer;
  const { input, weights, bias, normWeight, normBias, before } = numbersOf(layer);
  const storage = new RotatedStorage(kernels, { inner, columns }, bits, heap.copyF32(bias));
  storage.placeFloats(heap.copyF32(weights), 0, columns);
  const output = heap.copyF32(before);
  kernels.rotatedLinearRows(
    heap.copyF32(input),
    rows,
    step.step,
    heap.copyF32(normWeight),
    heap.copyF32(normBias),
    storage.pointer,
    output,
    strideOf(layer),
    accumulate,
    heap.allocate(kernels.threads * kernels.rotatedLinearScratch(storage.pointer)),
  );
  return heap.f32(output, before.length).slice();
}

/** What the layer gives of rounded weights and activations, and without any rounding. */
function twin(kernels: Kernels, layer: Layer) {
  const { rows, inner, columns, bits, accumulate } = layer;
  const { input, weights: originals, bias, normWeight, normBias, before } = numbersOf(layer);
  const rotated = rotateRows(kernels, stepRows(kernels, layer), inner);
  const roundWeights = bits === 8 ? roundWeightsInt8 : roundWeightsInt4;
  const turned = kernels.heap.copyF32(rotateRows(kernels, originals, inner));
  const { kept, widened } = roundWeights(kernels, turned, columns, inner);
  const weights = rows < 10 ? kept : widened;
  const exactRows = applyStep(layer.step, input, inner, normWeight, normBias);
  const columnsOf = Array.from({ length: columns }, (_, j) =>
    Array.from(originals.subarray(j * inner, (j + 1) * inner)),
  );

  const rounded = Float64Array.from(before);
  const exact = Float64Array.from(before);
  for (let r = 0; r < rows; r++) {
    const row = rotated.subarray(r * inner, (r + 1) * inner);
    const { codes, scale } = roundActivations(build, row);
    for (let j = 0; j < columns; j++) {
      const at = r * strideOf(layer) + j;
      const start = (accumulate ? before[at]! : 0) + bias[j]!;
      rounded[at] = start + scale * dot(codes, weights[j]!);
      exact[at] = start + dot(exactRows[r]!, columnsOf[j]!);
    }
  }
  return { rounded, exact };
}

function dot(a: Float64Array | number[], b: Float64Array | number[]): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** Input rows after their step, by the kernel, so that not one code is rounded to its neighbour. */
function stepRows({ heap, ...kernels }: Kernels, layer: Layer): Float32Array {
  const { rows, inner, step } = layer;
  const { input, normWeight, normBias } = numbersOf(layer);
  const [weight, bias] = [heap.copyF32(normWeight), heap.copyF32(normBias)];
  const output = heap.allocateF32(rows * inner);
  kernels.inputStepRowsF32(step.step, weight, bias, heap.copyF32(input), rows, inner, output);
  return heap.f32(output, rows * inner).slice();
}

/** Of what int8 and int4 layers give, beside layers without any rounding. */
const decibels = build === "plain" ? { 8: 34, 4: 14 } : { 8: 30, 4: 17 };

describe.each(allLoops)("rotatedLinearRows by loops %s", async (loops) => {
  const kernels = await kernelsWith(loops);

  it.each(layers)("$rows rows, $inner -> $columns, int$bits, after $name", (layer) => {
    const mark = kernels.heap.mark();
    const found = apply(kernels, layer);
    const { rounded, exact } = twin(kernels, layer);
    kernels.heap.release(mark);
    const largest = rounded.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const error = rounded.reduce((most, x, i) => Math.max(most, Math.abs(x - found[i]!)), 0);
    expect(error / largest).toBeLessThan(1e-6);
    // What was there before, and lies between rows, is no achievement of the layer.
    const { before } = numbersOf(layer);
    const added = (values: ArrayLike<number>) =>
      Array.from(values, (x, i) => {
        if (i % strideOf(layer) >= layer.columns) return 0;
        return layer.accumulate ? x - before[i]! : x;
      });
    expect(signalToNoise(added(found), added(exact))).toBeGreaterThan(decibels[layer.bits]);
  });
});

describe("rotatedLinearRows", () => {
  it.each([8, 4])("computes int%i layers on two threads to the last bit as on one", (bits) =>
    expectEqualThreads(
      layers.filter((layer) => layer.bits === bits),
      apply,
    ),
  );

  it.each([1, 2])("gives no numbers for rows that hold none, on %i threads", async (threads) => {
    const kernels = await testKernels({ threads });
    afterAll(() => kernels.dispose());
    const { heap } = kernels;
    const storage = new RotatedStorage(kernels, { inner: 64, columns: 8 }, 8, 0);
    storage.placeFloats(heap.copyF32(randomF32(8 * 64, 1)), 0, 8);
    const input = randomF32(3 * 64, 2);
    input[64 + 7] = Number.NaN;
    input[128 + 9] = Number.POSITIVE_INFINITY;
    const output = heap.allocateF32(24);
    const scratch = heap.allocate(threads * kernels.rotatedLinearScratch(storage.pointer));
    const pointer = heap.copyF32(input);
    kernels.rotatedLinearRows(pointer, 3, 0, 0, 0, storage.pointer, output, 8, false, scratch);
    const found = Array.from(heap.f32(output, 24));
    expect(found.slice(0, 8).every(Number.isFinite)).toBe(true);
    expect(found.slice(8, 16).every(Number.isNaN)).toBe(true);
    expect(found.slice(16).some(Number.isFinite)).toBe(false);
  });
});

describe("RotatedStorage", async () => {
  const kernels = await testKernels();
  const { heap } = kernels;

  it.each([8, 4] as const)("takes int%i codes and scales in either order", (bits) => {
    const [inner, columns] = [96, 16];
    const rows = { codes: (columns * inner * bits) / 8, scales: bits === 8 ? columns : 48 };
    const values = heap.copyF32(randomF32(columns * inner, 3));
    const codes = heap.allocate(rows.codes);
    const scales = heap.allocateF32(rows.scales);
    const quantise = bits === 8 ? kernels.quantiseRowsInt8 : kernels.quantiseRowsInt4;
    quantise(values, columns, inner, codes, scales);
    const read = (storage: RotatedStorage) =>
      Array.from({ length: columns }, (_, j) => {
        const target = heap.allocateF32(inner);
        storage.dequantiseRow(j, target);
        return Array.from(heap.f32(target, inner));
      });
    const [first, second] = [0, 1].map((order) => {
      const storage = new RotatedStorage(kernels, { inner, columns }, bits, 0);
      if (order === 1) storage.placeScales(scales, 0, columns);
      for (const row of [0, 8]) {
        storage.placeCodes(codes + row * storage.codeBytes, row, 8);
        if (order === 0) storage.placeScales(scales + row * (rows.scales / columns) * 4, row, 8);
      }
      return read(storage);
    });
    expect(second).toEqual(first);
    const original = heap.f32(values, columns * inner);
    expect(signalToNoise(first!.flat(), original)).toBeGreaterThan(bits === 8 ? 40 : 20);
  });
});
