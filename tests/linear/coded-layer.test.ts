import { describe, expect, it } from "vitest";
import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { readSafetensorsHeader } from "../../src/checkpoint/safetensors.ts";
import { Weights } from "../../src/checkpoint/weights.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { LayerFactory } from "../../src/linear/layer-factory.ts";
import type { Matrix } from "../../src/linear/linear.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { encodeCodes } from "../../tools/recast/encode-codes.ts";
import {
  memorySource,
  randomTensors,
  smallConfig,
  type TestTensor,
  writeSafetensors,
} from "../fixtures/checkpoint.ts";
import { type CodedMatrix, normalCodes } from "../fixtures/normal-codes.ts";
import { randomF32 } from "../fixtures/random.ts";
import { testKernels } from "../kernels/test-kernels.ts";

const FILE = "model.safetensors";
const [ROWS, WIDTH, INPUTS] = [48, 96, 5];

type Tensors = Map<string, TestTensor>;

async function load<T>(kernels: Kernels, tensors: Tensors, build: (layers: LayerFactory) => T) {
  const bytes = writeSafetensors(tensors);
  const { stream } = (await memorySource({ [FILE]: bytes }).open(FILE))!;
  const reader = new ByteReader(stream);
  const entries = await readSafetensorsHeader(reader, FILE, bytes.length);
  const names = new Set(tensors.keys());
  const weights = new Weights(names, entries, () => FILE);
  const built = build(new LayerFactory(kernels, weights, "int8"));
  weights.check(entries, FILE);
  await weights.place(entries, reader, FILE);
  weights.finish();
  return built;
}

function plain(
  name: string,
  { codes, rows, columns }: CodedMatrix,
  steps: readonly number[],
): Tensors {
  return new Map([
    [`${name}.rotated.weight`, { dtype: "I8", shape: [rows, columns], values: codes }],
    [`${name}.rotated.scale`, { dtype: "F32", shape: [rows], values: steps }],
  ]);
}

function coded(
  name: string,
  { codes, rows, columns, multipliers }: CodedMatrix,
  steps: readonly number[],
  dtype: "F32" | "F16" | "BF16",
): Tensors {
  const values = encodeCodes(codes, rows, columns, multipliers);
  // The order of a file's tensors is free.
  return new Map([
    [`${name}.rotated.scale`, { dtype, shape: [steps.length], values: steps }],
    [`${name}.rotated.coded`, { dtype: "U8", shape: [values.length], values }],
  ]);
}

function outputs(kernels: Kernels, linear: Pick<Matrix, "apply" | "outputWidth">): number[] {
  const { heap } = kernels;
  const output = heap.allocateF32(INPUTS * linear.outputWidth);
  linear.apply(heap.copyF32(randomF32(INPUTS * WIDTH, 5)), INPUTS, output);
  return Array.from(heap.f32(output, INPUTS * linear.outputWidth));
}

function rowOf(kernels: Kernels, matrix: Matrix, row: number): number[] {
  const target = kernels.heap.allocateF32(WIDTH);
  matrix.readRow(row, target);
  return Array.from(kernels.heap.f32(target, WIDTH));
}

const shape = { inputWidth: WIDTH, outputWidth: ROWS };
const build = (layers: LayerFactory) => layers.matrix("a", shape);
const matrix = normalCodes(
  [ROWS, WIDTH],
  1,
  () => 6,
  (column) => 1 + (column % 3),
);
const shared = new Array(ROWS).fill(2 ** -9);
const each = Array.from(shared, (step, row) => step * (1 + (row % 4) / 4));

describe("a coded layer", () => {
  it.each([
    ["a step for each row in F32", each, each, "F32"],
    ["a step for each row in F16", each, each, "F16"],
    ["a step for each row in BF16", each, each, "BF16"],
    ["one step in F32", shared, [2 ** -9], "F32"],
    ["one step in F16", shared, [2 ** -9], "F16"],
  ] as const)("is the plain one to the last bit: %s", async (_, steps, stored, dtype) => {
    const kernels = await testKernels();
    const expected = await load(kernels, plain("a", matrix, steps), build);
    const found = await load(kernels, coded("a", matrix, stored, dtype), build);
    expect(outputs(kernels, found)).toEqual(outputs(kernels, expected));
    for (const row of [0, 7, 47]) {
      expect(rowOf(kernels, found, row)).toEqual(rowOf(kernels, expected, row));
    }
  });

  it("stands beside plain ones in one matrix", async () => {
    const kernels = await testKernels();
    const other = normalCodes([ROWS, WIDTH], 2, () => 9);
    const parts = [
      { name: "a", hasBias: false },
      { name: "b", hasBias: false },
    ];
    const build = (layers: LayerFactory) => layers.linear(parts, shape);
    const a = plain("a", matrix, each);
    const b = plain("b", other, shared);
    const expected = await load(kernels, new Map([...a, ...b]), build);
    const codedB = coded("b", other, [2 ** -9], "F16");
    const found = await load(kernels, new Map([...codedB, ...a]), build);
    expect(outputs(kernels, found)).toEqual(outputs(kernels, expected));
  });

  it("needs a step for each row, or one", async () => {
    const kernels = await testKernels();
    await expect(load(kernels, coded("a", matrix, [1, 2], "F32"), build)).rejects.toThrow(
      "tensor a.rotated.scale: expected shape [48], found [2]",
    );
    const { "a.rotated.coded": codes } = Object.fromEntries(coded("a", matrix, [1], "F32"));
    await expect(load(kernels, new Map([["a.rotated.coded", codes!]]), build)).rejects.toThrow(
      "a.rotated.scale: expected the tensor to be there",
    );
  });
});

it("makes a model one of int8", async () => {
  const tensors = randomTensors(smallConfig) as Tensors;
  const name = "model.encoder.layers.0.fc1";
  const { shape } = tensors.get(`${name}.weight`)!;
  tensors.delete(`${name}.weight`);
  const codes = normalCodes([shape[0]!, shape[1]!], 3, () => 10);
  for (const [key, tensor] of coded(name, codes, [0.01], "F32")) tensors.set(key, tensor);
  const source = memorySource({ [FILE]: writeSafetensors(tensors) });
  const config = parseModelConfig({ ...smallConfig, fwhisper: { format: 2 } });
  const model = await loadModel(await testKernels(), source, config);
  expect(model.weights).toBe("int8");
});
