import type { ModelDescription } from "../../src/checkpoint/model-description.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import type { DensePanels } from "../../src/checkpoint/weights.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";
import type { LinearObserver } from "../../src/linear/observed-linear.ts";
import type { DecodingState } from "../../src/model/decoding-state.ts";
import type { Logits } from "../../src/model/logits.ts";
import { loadRecogniser, type Recogniser } from "../../src/transcription/recogniser.ts";
import { nodeHost } from "../node/kernels.ts";

/**
 * A model in float32 in kernels of its own, whose matrices can be replaced one by one: what rounding
 * does is seen without loading a rounded model. Plain kernels, which compute the same everywhere.
 */
export class FloatModel {
  readonly recogniser: Recogniser;
  readonly #kernels: Kernels;
  readonly #observation: { observe: LinearObserver | null };

  private constructor(
    kernels: Kernels,
    recogniser: Recogniser,
    observation: { observe: LinearObserver | null },
  ) {
    this.#kernels = kernels;
    this.recogniser = recogniser;
    this.#observation = observation;
  }

  /** @throws ModelError, MemoryLimitError when the model does not fit in float32; the signal's reason */
  static async load(source: ModelSource, signal: AbortSignal): Promise<FloatModel> {
    const kernels = await instantiateKernels(nodeHost, { build: "plain" });
    const observation: { observe: LinearObserver | null } = { observe: null };
    try {
      const recogniser = await loadRecogniser(kernels, source, {
        weights: "f32",
        signal,
        observe: (...seen) => observation.observe?.(...seen),
      });
      return new FloatModel(kernels, recogniser, observation);
    } catch (error) {
      kernels.dispose();
      throw error;
    }
  }

  get description(): ModelDescription {
    return this.recogniser.loaded.description;
  }

  /** Calls `see` with the inputs of linear layers, F32 [rows, width], while `work` runs. */
  async observing<T>(
    see: (layers: readonly string[], values: Float32Array, rows: number) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#observation.observe = (layers, input, rows) => {
      const { inner } = this.#panels(layers[0]!);
      see(layers, this.#kernels.heap.f32(input, rows * inner), rows);
    };
    try {
      return await work();
    } finally {
      this.#observation.observe = null;
    }
  }

  /** The matrix of a layer, F32 [rows, inner]. */
  read(layer: string): Float32Array {
    const { rows, inner } = this.#panels(layer);
    const values = new Float32Array(rows * inner);
    this.#eachRow(layer, (panel, row) => {
      for (let i = 0, at = row % 8; i < inner; i++, at += 8) values[row * inner + i] = panel[at]!;
    });
    return values;
  }

  /** @param values F32 [rows, inner] */
  replace(layer: string, values: Float32Array): void {
    const { inner } = this.#panels(layer);
    this.#eachRow(layer, (panel, row) => {
      for (let i = 0, at = row % 8; i < inner; i++, at += 8) panel[at] = values[row * inner + i]!;
    });
  }

  /**
   * The encoder's output of at most a window of samples, F32 [positions, width].
   *
   * @throws the signal's reason within one layer of its abort
   */
  async encode(samples: Float32Array, signal: AbortSignal): Promise<Float32Array> {
    const { model, description } = this.recogniser.loaded;
    const { config, features } = description;
    const { heap } = this.#kernels;
    const mark = heap.mark();
    try {
      const padTo = config.encoderContext === "trimmed" ? "none" : "window";
      const logMel = computeLogMel(this.#kernels, samples, features, { padTo });
      const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {
        signal.throwIfAborted();
      });
      return heap.f32(audio.pointer, audio.positions * config.width).slice();
    } finally {
      heap.release(mark);
    }
  }

  /**
   * Decodes an encoded window, F32 [positions, width], to `sequences` of tokens side by side. The state
   * is valid while `work` runs.
   *
   * @param logitRows most rows of logits asked for in one pass
   */
  open<T>(
    audio: Float32Array,
    sequences: number,
    work: (state: DecodingState) => T,
    logitRows = sequences,
  ): T {
    const { model, description } = this.recogniser.loaded;
    const { heap } = this.#kernels;
    const mark = heap.mark();
    try {
      const positions = audio.length / description.config.width;
      const encoded = { pointer: heap.copyF32(audio), positions };
      return work(model.decoder.open(encoded, { sequences, logitRows }));
    } finally {
      heap.release(mark);
    }
  }

  /**
   * Feeds tokens to an encoded window in one pass.
   *
   * @param onLogits sees the logits behind each token from `first` on, valid during the call
   */
  decode(
    audio: Float32Array,
    tokens: readonly number[],
    first: number,
    onLogits: (logits: Logits, index: number) => void,
  ): void {
    const rows = [...tokens.keys()].slice(first);
    this.open(
      audio,
      1,
      (state) => {
        for (const [i, logits] of state.feed(tokens, rows).entries()) onLogits(logits, i);
      },
      rows.length,
    );
  }

  dispose(): void {
    this.#kernels.dispose();
  }

  /** Visits the rows with their panels, F32 [inner, 8]: lane row % 8 is the row's. */
  #eachRow(layer: string, visit: (panel: Float32Array, row: number) => void): void {
    const { panels, rows, inner } = this.#panels(layer);
    for (let row = 0; row < rows; row++) {
      const address = panels + Math.floor(row / 8) * inner * 32;
      visit(this.#kernels.heap.f32(address, inner * 8), row);
    }
  }

  #panels(layer: string): DensePanels {
    const found = this.recogniser.loaded.model.dense.get(`${layer}.weight`);
    if (found === undefined) throw new RangeError(`${layer} is no dense matrix of this model.`);
    return found;
  }
}
