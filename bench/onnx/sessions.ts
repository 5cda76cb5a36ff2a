import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { BenchHost } from "../host.ts";
import type { configOf } from "../shapes.ts";
import { GraphBuilder } from "./graph.ts";
import { MatrixBuilder, type MatrixKind } from "./matrix.ts";
import {
  buildCrossProjection,
  buildDecoderStep,
  buildEncoder,
  type CrossCaches,
} from "./whisper.ts";

type Runtime = Awaited<ReturnType<BenchHost["openOnnxRuntime"]>>;
type Config = ReturnType<typeof configOf>;
type Feeds = Record<string, Tensor>;

/** onnxruntime-web with its WebAssembly backend, all optimisations on. */
export class OnnxSessions {
  readonly #runtime: Runtime;

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The number of threads is the process's from then on. */
  static async open(host: BenchHost, threads: number): Promise<OnnxSessions> {
    const runtime = await host.openOnnxRuntime();
    runtime.env.wasm.numThreads = threads;
    runtime.env.logLevel = "error";
    return new OnnxSessions(runtime);
  }

  async encoder(config: Config, kind: MatrixKind): Promise<OnnxEncoder> {
    return new OnnxEncoder(await this.#create(buildEncoder(config, kind)), this.#runtime, config);
  }

  /** Keys and values of every layer's cross-attention from the encoder's output. */
  async projectCross(config: Config, audio: Float32Array): Promise<[Float32Array, Float32Array][]> {
    const session = await this.#create(buildCrossProjection(config, "f32"));
    const shape = [1, config.max_source_positions, config.d_model];
    const outputs = await session.run({ audio: new this.#runtime.Tensor("float32", audio, shape) });
    const data = session.outputNames.map((name) => outputs[name]!.data as Float32Array);
    await session.release();
    return Array.from({ length: config.decoder_layers }, (_, i) => [
      data[2 * i]!,
      data[2 * i + 1]!,
    ]);
  }

  /** @param isBaked keys and values of the cross-attention are constants of the model */
  async decoder(
    config: Config,
    kind: MatrixKind,
    cross: [Float32Array, Float32Array][],
    isBaked: boolean,
  ): Promise<OnnxDecoder> {
    const caches: CrossCaches = isBaked ? cross : "inputs";
    const session = await this.#create(buildDecoderStep(config, kind, caches));
    return new OnnxDecoder(session, this.#runtime, config, isBaked ? [] : cross);
  }

  /** One matrix product by a constant: rows come in, rows go out. */
  async product(
    kind: MatrixKind,
    input: Float32Array,
    weights: Float32Array,
    [rows, inputs, outputs]: readonly [number, number, number],
  ): Promise<{ run(): Promise<unknown>; release(): Promise<void> }> {
    const graph = new GraphBuilder();
    const rowsIn = graph.input("input", "float", [rows, inputs]);
    const product = new MatrixBuilder(graph, kind).multiply(rowsIn, weights, inputs, outputs);
    graph.output(product, [rows, outputs]);
    const session = await this.#create(graph.build());
    const feeds = { input: new this.#runtime.Tensor("float32", input, [rows, inputs]) };
    return { run: () => session.run(feeds), release: () => session.release() };
  }

  #create(model: Uint8Array): Promise<InferenceSession> {
    return this.#runtime.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      enableCpuMemArena: true,
      enableMemPattern: true,
    });
  }
}

export class OnnxEncoder {
  readonly #session: InferenceSession;
  readonly #runtime: Runtime;
  readonly #shape: readonly number[];

  constructor(session: InferenceSession, runtime: Runtime, config: Config) {
    this.#session = session;
    this.#runtime = runtime;
    this.#shape = [1, config.num_mel_bins, 2 * config.max_source_positions];
  }

  /** mel: [mel bins, frames] -> [positions, width]. */
  async encode(mel: Float32Array): Promise<Float32Array> {
    const feeds = { mel: new this.#runtime.Tensor("float32", mel, this.#shape) };
    const outputs = await this.#session.run(feeds);
    return outputs[this.#session.outputNames[0]!]!.data as Float32Array;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** Decodes token by token; the self-attention's caches go out of each step and into the next. */
export class OnnxDecoder {
  readonly #session: InferenceSession;
  readonly #runtime: Runtime;
  readonly #config: Config;
  readonly #cross: Feeds;

  /** cross: what is fed at each step, none when the model has it. */
  constructor(
    session: InferenceSession,
    runtime: Runtime,
    config: Config,
    cross: readonly [Float32Array, Float32Array][],
  ) {
    this.#session = session;
    this.#runtime = runtime;
    this.#config = config;
    const shape = this.#cacheShape(config.max_source_positions);
    this.#cross = Object.fromEntries(
      cross.flatMap(([keys, values], i) => [
        [`crossKeys.${i}`, new runtime.Tensor("float32", keys, shape)],
        [`crossValues.${i}`, new runtime.Tensor("float32", values, shape)],
      ]),
    );
  }

  /** Feeds tokens one by one from the beginning of a text; logits of the last one. */
  async decode(tokens: readonly number[]): Promise<Float32Array> {
    const { Tensor } = this.#runtime;
    const [logits, ...caches] = this.#session.outputNames;
    const integer = (value: number, shape: number[]) =>
      new Tensor("int64", BigInt64Array.of(BigInt(value)), shape);
    let past: Feeds = {};
    for (let i = 0; i < this.#config.decoder_layers; i++) {
      const empty = () => new Tensor("float32", new Float32Array(0), this.#cacheShape(0));
      past[`keys.${i}`] = empty();
      past[`values.${i}`] = empty();
    }
    let last = new Float32Array(0);
    for (const [position, token] of tokens.entries()) {
      const inputs = { token: integer(token, [1, 1]), position: integer(position, [1]) };
      const outputs = await this.#session.run({ ...inputs, ...past, ...this.#cross });
      last = outputs[logits!]!.data as Float32Array<ArrayBuffer>;
      past = Object.fromEntries(
        caches.map((name, i) => {
          const input = `${i % 2 === 0 ? "keys" : "values"}.${i >> 1}`;
          return [input, outputs[name] as Tensor];
        }),
      );
    }
    return last;
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #cacheShape(positions: number): number[] {
    const { decoder_attention_heads: heads, d_model: width } = this.#config;
    return [1, heads, positions, width / heads];
  }
}
