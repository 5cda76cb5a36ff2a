import { randomValues } from "../random-tensor.ts";
import type { configOf } from "../shapes.ts";
import { GraphBuilder, type Value } from "./graph.ts";
import { MatrixBuilder, type MatrixKind } from "./matrix.ts";

type Config = ReturnType<typeof configOf>;
type Bytes = Uint8Array<ArrayBuffer>;

/** Keys and values that a decoder step is given of the layers' cross-attention. */
export type CrossCaches =
  /** As inputs of each call, as exported models have them. */
  | "inputs"
  /** As constants of the model, [keys, values] a layer, so that handing them over costs nothing. */
  | readonly (readonly [keys: Float32Array, values: Float32Array])[];

/**
 * Whisper's encoder as an ONNX model, operator by operator as PyTorch exports it; with the random
 * weights of the bench. input "mel": [1, mel bins, frames], output: [1, positions, width].
 */
export function buildEncoder(config: Config, kind: MatrixKind): Bytes {
  const builder = new WhisperBuilder(config, kind);
  const { graph } = builder;
  const { d_model: width, max_source_positions: positions, num_mel_bins: bins } = config;
  let x = graph.input("mel", "float", [1, bins, 2 * positions]);
  x = builder.gelu(builder.convolution("model.encoder.conv1", x, bins, 1));
  x = builder.gelu(builder.convolution("model.encoder.conv2", x, width, 2));
  x = graph.node("Transpose", [x], { perm: [0, 2, 1] });
  const table = builder.tensor("model.encoder.embed_positions.weight", [positions, width]);
  x = graph.node("Add", [x, table]);
  for (let i = 0; i < config.encoder_layers; i++) {
    const layer = `model.encoder.layers.${i}`;
    const normal = builder.layerNorm(`${layer}.self_attn_layer_norm`, x);
    const [keys, values] = builder.keysAndValues(`${layer}.self_attn`, normal);
    x = builder.attend(`${layer}.self_attn`, x, normal, keys, values);
    x = builder.feedForward(layer, x, config.encoder_ffn_dim);
  }
  graph.output(builder.layerNorm("model.encoder.layer_norm", x), [1, positions, width]);
  return graph.build();
}

/**
 * What a window's decoding begins with: keys and values of every layer's cross-attention.
 * input "audio": [1, positions, width], outputs: keys, values of layer 0, of layer 1 and so on,
 * [1, heads, positions, head size].
 */
export function buildCrossProjection(config: Config, kind: MatrixKind): Bytes {
  const builder = new WhisperBuilder(config, kind);
  const { graph } = builder;
  const positions = config.max_source_positions;
  const audio = graph.input("audio", "float", [1, positions, config.d_model]);
  for (let i = 0; i < config.decoder_layers; i++) {
    const name = `model.decoder.layers.${i}.encoder_attn`;
    for (const value of builder.keysAndValues(name, audio)) {
      graph.output(value, builder.cacheShape(positions));
    }
  }
  return graph.build();
}

/**
 * One decoder step with caches. Inputs: "token" [1, 1], "position" [1], "keys.i" and "values.i"
 * [1, heads, tokens before, head size], and "crossKeys.i", "crossValues.i" where they are inputs.
 * Outputs: logits [1, 1, vocabulary], then keys and values with this token's, layer by layer.
 */
export function buildDecoderStep(config: Config, kind: MatrixKind, cross: CrossCaches): Bytes {
  const builder = new WhisperBuilder(config, kind);
  const { graph } = builder;
  const { d_model: width, vocab_size: vocabulary, max_target_positions: context } = config;
  const token = graph.input("token", "int64", [1, 1]);
  const position = graph.input("position", "int64", [1]);
  const embedding = randomValues("model.decoder.embed_tokens.weight", vocabulary * width);
  const rows = graph.constant(embedding, [vocabulary, width]);
  const places = builder.tensor("model.decoder.embed_positions.weight", [context, width]);
  let x = graph.node("Add", [
    graph.node("Gather", [rows, token]),
    graph.node("Gather", [places, position]),
  ]);
  const caches: Value[] = [];
  for (let i = 0; i < config.decoder_layers; i++) {
    const layer = `model.decoder.layers.${i}`;
    const normal = builder.layerNorm(`${layer}.self_attn_layer_norm`, x);
    const added = builder.keysAndValues(`${layer}.self_attn`, normal);
    const [keys, values] = ["keys", "values"].map((name, at) => {
      const past = graph.input(`${name}.${i}`, "float", builder.cacheShape("past"));
      return graph.node("Concat", [past, added[at]!], { axis: 2 });
    }) as [Value, Value];
    caches.push(keys, values);
    x = builder.attend(`${layer}.self_attn`, x, normal, keys, values);
    const name = `${layer}.encoder_attn`;
    const crossNormal = builder.layerNorm(`${name}_layer_norm`, x);
    x = builder.attend(name, x, crossNormal, ...builder.crossCache(cross, i));
    x = builder.feedForward(layer, x, config.decoder_ffn_dim);
  }
  x = builder.layerNorm("model.decoder.layer_norm", x);
  graph.output(builder.matrix.multiply(x, embedding, width, vocabulary), [1, 1, vocabulary]);
  for (const cache of caches) graph.output(cache, builder.cacheShape("total"));
  return graph.build();
}

/** The parts of Whisper's layers (whisper/model.py), with weights by their names. */
class WhisperBuilder {
  readonly graph = new GraphBuilder();
  readonly matrix: MatrixBuilder;
  readonly #width: number;
  readonly #heads: number;
  readonly #config: Config;

  constructor(config: Config, kind: MatrixKind) {
    this.#config = config;
    this.#width = config.d_model;
    this.#heads = config.encoder_attention_heads;
    this.matrix = new MatrixBuilder(this.graph, kind);
  }

  tensor(name: string, shape: readonly number[]): Value {
    const count = shape.reduce((product, size) => product * size, 1);
    return this.graph.constant(randomValues(name, count), shape);
  }

  cacheShape(positions: number | string): readonly (number | string)[] {
    return [1, this.#heads, positions, this.#width / this.#heads];
  }

  /** x: [1, inputs, time]; kernel of 3, padded by 1. */
  convolution(name: string, x: Value, inputs: number, stride: number): Value {
    const weight = this.tensor(`${name}.weight`, [this.#width, inputs, 3]);
    const bias = this.tensor(`${name}.bias`, [this.#width]);
    const attributes = { kernel_shape: [3], pads: [1, 1], strides: [stride] };
    return this.graph.node("Conv", [x, weight, bias], attributes);
  }

  /** x / 2 (1 + erf(x / sqrt 2)), in the operators of PyTorch's export. */
  gelu(x: Value): Value {
    const { graph } = this;
    const error = graph.node("Erf", [graph.node("Div", [x, graph.scalar(Math.SQRT2)])]);
    const product = graph.node("Mul", [x, graph.node("Add", [error, graph.scalar(1)])]);
    return graph.node("Mul", [product, graph.scalar(0.5)]);
  }

  layerNorm(name: string, x: Value): Value {
    const weight = this.tensor(`${name}.weight`, [this.#width]);
    const bias = this.tensor(`${name}.bias`, [this.#width]);
    const attributes = { axis: -1, epsilon: { float: 1e-5 } };
    return this.graph.node("LayerNormalization", [x, weight, bias], attributes);
  }

  linear(name: string, x: Value, inputs: number, outputs: number, hasBias = true): Value {
    const weights = randomValues(`${name}.weight`, inputs * outputs);
    const product = this.matrix.multiply(x, weights, inputs, outputs);
    if (!hasBias) return product;
    return this.graph.node("Add", [this.tensor(`${name}.bias`, [outputs]), product]);
  }

  feedForward(layer: string, stream: Value, inner: number): Value {
    const normal = this.layerNorm(`${layer}.final_layer_norm`, stream);
    const hidden = this.gelu(this.linear(`${layer}.fc1`, normal, this.#width, inner));
    const output = this.linear(`${layer}.fc2`, hidden, inner, this.#width);
    return this.graph.node("Add", [stream, output]);
  }

  /** Keys and values of x, [1, heads, positions, head size]. */
  keysAndValues(name: string, x: Value): [keys: Value, values: Value] {
    const width = this.#width;
    return [
      this.#splitHeads(this.linear(`${name}.k_proj`, x, width, width, false)),
      this.#splitHeads(this.linear(`${name}.v_proj`, x, width, width)),
    ];
  }

  /** stream + output projection of the attention of x. */
  attend(name: string, stream: Value, x: Value, keys: Value, values: Value): Value {
    const { graph } = this;
    const width = this.#width;
    const scale = graph.scalar((width / this.#heads) ** -0.5);
    const projected = this.linear(`${name}.q_proj`, x, width, width);
    const queries = this.#splitHeads(graph.node("Mul", [projected, scale]));
    const turned = graph.node("Transpose", [keys], { perm: [0, 1, 3, 2] });
    const scores = graph.node("Softmax", [graph.node("MatMul", [queries, turned])], { axis: -1 });
    const mixed = graph.node("MatMul", [scores, values]);
    const joined = graph.node("Reshape", [
      graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      graph.integers(1, -1, width),
    ]);
    return graph.node("Add", [stream, this.linear(`${name}.out_proj`, joined, width, width)]);
  }

  crossCache(cross: CrossCaches, layer: number): [keys: Value, values: Value] {
    const { graph } = this;
    const shape = this.cacheShape(this.#config.max_source_positions);
    if (cross === "inputs") {
      return [
        graph.input(`crossKeys.${layer}`, "float", shape),
        graph.input(`crossValues.${layer}`, "float", shape),
      ];
    }
    const [keys, values] = cross[layer]!;
    return [
      graph.constant(keys, shape as readonly number[]),
      graph.constant(values, shape as readonly number[]),
    ];
  }

  #splitHeads(x: Value): Value {
    const { graph } = this;
    const shape = graph.integers(1, -1, this.#heads, this.#width / this.#heads);
    return graph.node("Transpose", [graph.node("Reshape", [x, shape])], { perm: [0, 2, 1, 3] });
  }
}
