import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { BenchHost } from "../protocol.ts";
import type { configOf } from "../shapes.ts";
import { GraphBuilder } from "./graph.ts";
import { MatrixBuilder, type MatrixKind } from "./matrix.ts";
import { buildCrossProjection, buildDecoderStep, buildEncoder } from "./whisper.ts";

type Runtime = Awaited<ReturnType<BenchHost["openOnnxRuntime"]>>;
type Config = ReturnType<typeof configOf>;

/** A model that is run until it is released. */
interface Session<Inputs extends unknown[], Output> {
  run(...inputs: Inputs): Promise<Output>;
  release(): Promise<void>;
}

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

  /** mel: [mel bins, frames] -> [positions, width]. */
  async encoder(config: Config, kind: MatrixKind): Promise<Session<[Float32Array], Float32Array>> {
    const session = await this.#create(buildEncoder(config, kind));
    const shape = [1, config.num_mel_bins, 2 * config.max_source_positions];
    const run = async (mel: Float32Array) => {
      const outputs = await session.run({ mel: this.#floats(mel, shape) });
      return floatsOf(outputs[session.outputNames[0]!]!);
    };
    return { run, release: () => session.release() };
  }

  /** Keys and values of every layer's cross-attention from the encoder's output. */
  async projectCross(config: Config, audio: Float32Array): Promise<[Float32Array, Float32Array][]> {
    const session = await this.#create(buildCrossProjection(config, "f32"));
    const shape = [1, config.max_source_positions, config.d_model];
    const outputs = await session.run({ audio: this.#floats(audio, shape) });
    const data = session.outputNames.map((name) => floatsOf(outputs[name]!));
    await session.release();
    return Array.from({ length: config.decoder_layers }, (_, i) => [
      data[2 * i]!,
      data[2 * i + 1]!,
    ]);
  }

  /**
   * Feeds tokens one by one from the beginning of a text; logits of the last one. The self-attention's
   * caches go out of each step and into the next.
   *
   * @param isBaked keys and values of the cross-attention are constants of the model, not fed at each step
   */
  async decoder(
    config: Config,
    kind: MatrixKind,
    cross: readonly [Float32Array, Float32Array][],
    isBaked: boolean,
  ): Promise<Session<[readonly number[]], Float32Array>> {
    const session = await this.#create(buildDecoderStep(config, kind, isBaked ? cross : "inputs"));
    const { decoder_attention_heads: heads, d_model: width } = config;
    const cache = (values: Float32Array, positions: number) =>
      this.#floats(values, [1, heads, positions, width / heads]);
    const integer = (value: number, shape: number[]) =>
      new this.#runtime.Tensor("int64", BigInt64Array.of(BigInt(value)), shape);
    const fed: Record<string, Tensor> = {};
    for (const [i, [keys, values]] of isBaked ? [] : cross.entries()) {
      fed[`crossKeys.${i}`] = cache(keys, config.max_source_positions);
      fed[`crossValues.${i}`] = cache(values, config.max_source_positions);
    }
    const [logits, ...caches] = session.outputNames;
    const pastNames = caches.map((_, i) => `${i % 2 === 0 ? "keys" : "values"}.${i >> 1}`);
    const run = async (tokens: readonly number[]) => {
      let past = pastNames.map(() => cache(new Float32Array(0), 0));
      let last = new Float32Array(0);
      for (const [position, token] of tokens.entries()) {
        const inputs = { token: integer(token, [1, 1]), position: integer(position, [1]) };
        const pasts = Object.fromEntries(pastNames.map((name, i) => [name, past[i]!]));
        const outputs = await session.run({ ...inputs, ...pasts, ...fed });
        last = floatsOf(outputs[logits!]!);
        past = caches.map((name) => outputs[name]!);
      }
      return last;
    };
    return { run, release: () => session.release() };
  }

  /** One matrix product by a constant: rows come in, rows go out. */
  async product(
    kind: MatrixKind,
    input: Float32Array,
    weights: Float32Array,
    [rows, inputs, outputs]: readonly [number, number, number],
  ): Promise<Session<[], unknown>> {
    const graph = new GraphBuilder();
    const rowsIn = graph.input("input", "float", [rows, inputs]);
    const product = new MatrixBuilder(graph, kind).multiply(rowsIn, weights, inputs, outputs);
    graph.output(product, [rows, outputs]);
    const session = await this.#create(graph.build());
    const feeds = { input: this.#floats(input, [rows, inputs]) };
    return { run: () => session.run(feeds), release: () => session.release() };
  }

  #floats(values: Float32Array, shape: readonly number[]): Tensor {
    return new this.#runtime.Tensor("float32", values, shape);
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

function floatsOf({ data }: Tensor): Float32Array<ArrayBuffer> {
  return data as Float32Array<ArrayBuffer>;
}
