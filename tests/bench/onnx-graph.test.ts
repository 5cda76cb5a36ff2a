import * as onnxRuntime from "onnxruntime-web";
import { beforeAll, describe, expect, it } from "vitest";
import {
  bytesField,
  floatField,
  GraphBuilder,
  integerField,
  join,
  textField,
} from "../../bench/onnx/graph.ts";
import { MatrixBuilder, transpose } from "../../bench/onnx/matrix.ts";
import { randomValues } from "../../bench/random-tensor.ts";

describe("the wire format", () => {
  it.each([
    ["a small number", integerField(1, 5), [0x08, 0x05]],
    ["a number of several groups", integerField(3, 300), [0x18, 0xac, 0x02]],
    [
      "a negative number",
      integerField(3, -1),
      [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ],
    ["a field beyond 15", integerField(20, 1), [0xa0, 0x01, 0x01]],
    ["a float", floatField(2, 1), [0x15, 0x00, 0x00, 0x80, 0x3f]],
    ["text", textField(4, "Add"), [0x22, 0x03, 0x41, 0x64, 0x64]],
    ["a message", bytesField(7, textField(1, "a")), [0x3a, 0x03, 0x0a, 0x01, 0x61]],
  ])("writes %s", (_, pieces, bytes) => {
    expect(Array.from(join(pieces))).toEqual(bytes);
  });
});

describe("a model for onnxruntime-web", () => {
  beforeAll(() => {
    onnxRuntime.env.wasm.numThreads = 1;
  });

  async function run(graph: GraphBuilder, input: Float32Array, shape: number[]) {
    const session = await onnxRuntime.InferenceSession.create(graph.build());
    const feeds = { x: new onnxRuntime.Tensor("float32", input, shape) };
    const outputs = await session.run(feeds);
    const tensors = session.outputNames.map((name) => outputs[name]!);
    await session.release();
    return tensors.map(({ data, dims }) => ({ data: data as Float32Array, dims }));
  }

  it("has attributes of every type and constants of several", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", "float", ["rows", 4]);
    const weight = graph.constant(Float32Array.of(1, 1, 1, 1), [4]);
    const bias = graph.constant(Float32Array.of(0, 0, 0, 8), [4]);
    // Its variance is 0.25: an epsilon of 0.75 makes the divisor 1.
    const normal = graph.node("LayerNormalization", [x, weight, bias], {
      axis: -1,
      epsilon: { float: 0.75 },
    });
    const turned = graph.node("Transpose", [normal], { perm: [1, 0] });
    graph.output(turned, [4, "rows"]);
    graph.output(graph.node("Reshape", [turned, graph.integers(-1)]), ["count"]);
    const [matrix, list] = await run(graph, Float32Array.of(1, 2, 1, 2, 2, 1, 2, 1), [2, 4]);
    const expected = [-0.5, 0.5, 0.5, -0.5, -0.5, 0.5, 8.5, 7.5];
    expect(matrix!.dims).toEqual([4, 2]);
    expect(list!.dims).toEqual([8]);
    for (const [i, value] of expected.entries()) {
      expect(matrix!.data[i]).toBeCloseTo(value, 5);
      expect(list!.data[i]).toBeCloseTo(value, 5);
    }
  });

  it.each(["f32", "int8"] as const)("multiplies by a %s matrix", async (kind) => {
    const [rows, inputs, outputs] = [5, 64, 24];
    const input = randomValues("input", rows * inputs);
    const weights = randomValues("weights", inputs * outputs);
    const graph = new GraphBuilder();
    const x = graph.input("x", "float", [rows, inputs]);
    const product = new MatrixBuilder(graph, kind).multiply(x, weights, inputs, outputs);
    graph.output(product, [rows, outputs]);
    const [result] = await run(graph, input, [rows, inputs]);
    let signal = 0;
    let noise = 0;
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < outputs; j++) {
        let sum = 0;
        for (let k = 0; k < inputs; k++) sum += input[r * inputs + k]! * weights[j * inputs + k]!;
        signal += sum ** 2;
        noise += (result!.data[r * outputs + j]! - sum) ** 2;
      }
    }
    // int8 on both sides leaves about 40 dB.
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(kind === "f32" ? 100 : 35);
  });

  it("has its matrices the other way round than checkpoints", () => {
    expect(Array.from(transpose(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3))).toEqual([
      1, 4, 2, 5, 3, 6,
    ]);
  });
});
