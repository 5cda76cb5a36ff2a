import { describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32, seededRandom } from "../fixtures/random.ts";
import { testKernels } from "./test-kernels.ts";

interface Layer {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly n: number;
  readonly scales: readonly Float32Array[];
  readonly permutations: readonly Int32Array[];
  readonly bias: Float32Array | undefined;
}

/** The specification, in double precision. */
function naiveCascade(input: Float32Array, layer: Layer): Float64Array {
  let x = Float64Array.from({ length: layer.n }, (_, i) => input[i] ?? 0);
  for (const [stage, scales] of layer.scales.entries()) {
    const permuted = x;
    x = x.map((_, i) => scales[i]! * permuted[layer.permutations[stage]![i]!]!);
    for (let half = 1; half < layer.n; half *= 2) {
      x = x.map((value, i, from) => (i & half ? from[i - half]! - value : value + from[i + half]!));
    }
    x = x.map((value) => value / Math.sqrt(layer.n));
  }
  return x.slice(0, layer.outputWidth).map((value, i) => value + (layer.bias?.[i] ?? 0));
}

function randomLayer(inputWidth: number, outputWidth: number, n: number, stages: number): Layer {
  const random = seededRandom(n + stages);
  const permutation = () => {
    const indices = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [indices[i], indices[j]] = [indices[j]!, indices[i]!];
    }
    return indices;
  };
  return {
    inputWidth,
    outputWidth,
    n,
    scales: Array.from({ length: stages }, (_, stage) =>
      randomF32(n, stage).map((x) => x + Math.sign(x)),
    ),
    permutations: Array.from({ length: stages }, permutation),
    bias: randomF32(outputWidth, 9),
  };
}

function flat(parts: readonly ArrayLike<number>[]): number[] {
  return parts.flatMap((part) => Array.from(part));
}

describe("cascadeRowsF32", async () => {
  const kernels = await testKernels();
  const { heap } = kernels;

  const run = (input: Float32Array, rows: number, layer: Layer) => {
    const output = heap.allocateF32(rows * layer.outputWidth);
    kernels.cascadeRowsF32(
      heap.copyF32(input),
      rows,
      heap.copyI32([
        layer.inputWidth,
        layer.outputWidth,
        layer.scales.length,
        layer.n,
        heap.copyF32(flat(layer.scales)),
        heap.copyI32(flat(layer.permutations)),
        layer.bias === undefined ? 0 : heap.copyF32(layer.bias),
      ]),
      output,
      layer.outputWidth,
      false,
      heap.allocateF32(2 * layer.n),
    );
    return heap.f32(output, rows * layer.outputWidth).slice();
  };

  it.each([
    { inputWidth: 40, outputWidth: 128, n: 128, stages: 4, rows: 3 },
    { inputWidth: 128, outputWidth: 512, n: 512, stages: 4, rows: 5 },
    { inputWidth: 512, outputWidth: 128, n: 512, stages: 4, rows: 1 },
    { inputWidth: 384, outputWidth: 384, n: 512, stages: 3, rows: 7 },
    { inputWidth: 13, outputWidth: 30, n: 32, stages: 1, rows: 3 },
    { inputWidth: 3, outputWidth: 2, n: 4, stages: 2, rows: 3 },
    { inputWidth: 2, outputWidth: 1, n: 2, stages: 2, rows: 3 },
    { inputWidth: 1, outputWidth: 1, n: 1, stages: 5, rows: 3 },
  ])("$inputWidth -> $outputWidth by n = $n, $stages stages, $rows rows", (shape) => {
    const { inputWidth, outputWidth, rows } = shape;
    const layer = randomLayer(inputWidth, outputWidth, shape.n, shape.stages);
    const input = randomF32(rows * inputWidth, 1);
    const expected = flat(
      Array.from({ length: rows }, (_, row) =>
        naiveCascade(input.slice(row * inputWidth, (row + 1) * inputWidth), layer),
      ),
    );
    // Scales up to 2 for each stage: values grow to about 10.
    expect(maxDifference(run(input, rows, layer), expected)).toBeLessThan(1e-5);
  });

  it("adds no bias when there is none", () => {
    const layer = { ...randomLayer(9, 14, 16, 2), bias: undefined };
    const input = randomF32(9, 1);
    expect(maxDifference(run(input, 1, layer), naiveCascade(input, layer))).toBeLessThan(1e-5);
  });
});
