import type { GraphBuilder, Value } from "./graph.ts";

export type MatrixKind = "f32" | "int8";

/**
 * Matrix products by constant weights as ONNX models of Whisper have them: in float32, or as
 * onnxruntime's quantize_dynamic leaves them (python/tools/quantization/operators/matmul.py with
 * its defaults: weights int8, symmetric, one scale a matrix; activations uint8, quantised at each
 * call, once for all products of one input).
 */
export class MatrixBuilder {
  readonly #graph: GraphBuilder;
  readonly #kind: MatrixKind;
  readonly #quantised = new Map<Value, Value[]>();

  constructor(graph: GraphBuilder, kind: MatrixKind) {
    this.#graph = graph;
    this.#kind = kind;
  }

  /** input [.., inputs] times the transpose of weights [outputs, inputs]. */
  multiply(input: Value, weights: Float32Array, inputs: number, outputs: number): Value {
    const graph = this.#graph;
    const columns = transpose(weights, outputs, inputs);
    if (this.#kind === "f32") {
      return graph.node("MatMul", [input, graph.constant(columns, [inputs, outputs])]);
    }
    const { codes, scale } = quantise(columns);
    const [quantised, inputScale, zeroPoint] = this.#quantise(input);
    const product = graph.node("MatMulInteger", [
      quantised!,
      graph.constant(codes, [inputs, outputs]),
      zeroPoint!,
      graph.constant(Int8Array.of(0), []),
    ]);
    const scales = graph.node("Mul", [inputScale!, graph.scalar(scale)]);
    return graph.node("Mul", [graph.node("Cast", [product], { to: 1 }), scales]);
  }

  #quantise(input: Value): Value[] {
    let values = this.#quantised.get(input);
    if (values === undefined) {
      values = this.#graph.nodes("DynamicQuantizeLinear", [input], 3);
      this.#quantised.set(input, values);
    }
    return values;
  }
}

/** Row-major [rows, columns] to [columns, rows]. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) turned[c * rows + r] = matrix[r * columns + c]!;
  }
  return turned;
}

function quantise(values: Float32Array): { codes: Int8Array; scale: number } {
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
  return { codes: Int8Array.from(values, (value) => Math.round(value / scale)), scale };
}
