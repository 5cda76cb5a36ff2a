/** Name of a value in the graph: an input, a weight or the output of a node. */
export type Value = string;

export type Attribute = number | readonly number[] | { readonly float: number };

/** Numbers of a tensor as ONNX stores them; int64 as bigints. */
export type TensorData = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** onnx.proto3, TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;
const dataTypes: readonly (readonly [new (length: number) => TensorData, number])[] = [
  [Float32Array, FLOAT],
  [Uint8Array, 2],
  [Int8Array, 3],
  [Int32Array, 6],
  [BigInt64Array, INT64],
];

/** onnx.proto3, AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, ints: 7 };

/**
 * Builds an ONNX model (onnx/onnx.proto3) in memory: a node or a weight a call, each call gives the
 * name of its value. Field numbers are those of the schema.
 */
export class GraphBuilder {
  readonly #nodes: Pieces[] = [];
  readonly #weights: Pieces[] = [];
  readonly #inputs: Pieces[] = [];
  readonly #outputs: Pieces[] = [];
  #count = 0;

  /** An input; a dimension by name is one that calls decide. */
  input(name: string, type: "float" | "int64", shape: readonly (number | string)[]): Value {
    this.#inputs.push(valueInfo(name, type === "float" ? FLOAT : INT64, shape));
    return name;
  }

  /** Makes a float value an output of the model; it keeps its name. */
  output(value: Value, shape: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(value, FLOAT, shape));
  }

  /** A weight, of the type of its numbers; a shape of [] is a scalar. */
  constant(data: TensorData, shape: readonly number[]): Value {
    const name = this.#newName("w");
    const type = dataTypes.find(([Type]) => data instanceof Type)![1];
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#weights.push([
      ...shape.flatMap((size) => integerField(1, size)),
      ...integerField(2, type),
      ...textField(8, name),
      ...bytesField(9, [raw]),
    ]);
    return name;
  }

  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), []);
  }

  /** A list of int64: a shape, axes. */
  integers(...values: number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A node with one output. */
  node(
    type: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    return this.nodes(type, inputs, 1, attributes)[0]!;
  }

  /** A node with several outputs. */
  nodes(
    type: string,
    inputs: readonly Value[],
    outputCount: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const outputs = Array.from({ length: outputCount }, () => this.#newName("v"));
    this.#nodes.push([
      ...inputs.flatMap((input) => textField(1, input)),
      ...outputs.flatMap((output) => textField(2, output)),
      ...textField(3, outputs[0]!),
      ...textField(4, type),
      ...Object.entries(attributes).flatMap(([name, value]) => {
        return bytesField(5, attribute(name, value));
      }),
    ]);
    return outputs;
  }

  /** The model as bytes of an .onnx file. */
  build(): Uint8Array<ArrayBuffer> {
    const graph = [
      ...this.#nodes.flatMap((node) => bytesField(1, node)),
      ...textField(2, "bench"),
      ...this.#weights.flatMap((weight) => bytesField(5, weight)),
      ...this.#inputs.flatMap((input) => bytesField(11, input)),
      ...this.#outputs.flatMap((output) => bytesField(12, output)),
    ];
    return join([
      ...integerField(1, 8), // ir_version
      ...textField(2, "fwhisper bench"),
      ...bytesField(7, graph),
      ...bytesField(8, [...textField(1, ""), ...integerField(2, 17)]), // operator set
    ]);
  }

  #newName(prefix: string): Value {
    return `${prefix}${this.#count++}`;
  }
}

function attribute(name: string, value: Attribute): Pieces {
  const typed = (type: keyof typeof attributeTypes, content: Pieces) => {
    return [...textField(1, name), ...content, ...integerField(20, attributeTypes[type])];
  };
  if (typeof value === "number") return typed("int", integerField(3, value));
  if ("float" in value) return typed("float", floatField(2, value.float));
  return typed(
    "ints",
    value.flatMap((integer) => [...integerField(8, integer)]),
  );
}

function valueInfo(name: string, type: number, shape: readonly (number | string)[]): Pieces {
  const dimensions = shape.flatMap((size) =>
    bytesField(1, typeof size === "number" ? integerField(1, size) : textField(2, size)),
  );
  const tensor = [...integerField(1, type), ...bytesField(2, dimensions)];
  return [...textField(1, name), ...bytesField(2, bytesField(1, tensor))];
}

/**
 * The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding), as far as ONNX
 * needs it. A message is a list of pieces, so that weights are copied once, into the file.
 */
export type Pieces = readonly Uint8Array[];

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** A whole number from 0, as int64 or enum. */
export function integerField(field: number, value: number): Pieces {
  return [Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)])];
}

export function floatField(field: number, value: number): Pieces {
  const bytes = new Uint8Array(new Float32Array([value]).buffer);
  return [Uint8Array.from([...varint(field * 8 + FIXED32), ...bytes])];
}

export function textField(field: number, value: string): Pieces {
  return bytesField(field, [new TextEncoder().encode(value)]);
}

/** Bytes, or a message in a message. */
export function bytesField(field: number, value: Pieces): Pieces {
  const length = value.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...varint(field * 8 + LENGTH), ...varint(length)]), ...value];
}

export function join(pieces: Pieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Base-128, low groups first. Negative numbers take ten bytes of two's complement. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
