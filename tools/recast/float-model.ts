import type { ModelDescription } from "../../src/checkpoint/model-description.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { instantiateKernels } from "../../src/kernels/kernels.ts";
import type { DensePanels } from "../../src/linear/layer-factory.ts";
import type { LinearObserver } from "../../src/linear/linear.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";
import { nodeHost } from "../node/kernels.ts";
import { encodeSamples } from "../quality/teacher-forcing.ts";

interface Observation {
  observe: LinearObserver | null;
}

/**
 * A model in float32 in kernels of its own, whose matrices can be replaced one by one: what rounding
 * does is seen without loading a rounded model. Plain kernels, which compute the same everywhere.
 */
export class FloatModel {
  readonly loaded: LoadedModel;
  readonly #observation: Observation;

  private constructor(loaded: LoadedModel, observation: Observation) {
    this.loaded = loaded;
    this.#observation = observation;
  }

  /** @throws ModelError, MemoryLimitError when the model does not fit in float32; the signal's reason */
  static async load(source: ModelSource, signal: AbortSignal): Promise<FloatModel> {
    const kernels = await instantiateKernels(nodeHost, { build: "plain" });
    const observation: Observation = { observe: null };
    try {
      const { loaded } = await loadRecogniser(kernels, source, {
        weights: "f32",
        signal,
        observe: (...seen) => observation.observe?.(...seen),
      });
      return new FloatModel(loaded, observation);
    } catch (error) {
      kernels.dispose();
      throw error;
    }
  }

  get description(): ModelDescription {
    return this.loaded.description;
  }

  /** Calls `see` with the inputs of linear layers, F32 [rows, width], while `work` runs. */
  async observing<T>(
    see: (layers: readonly string[], values: Float32Array, rows: number) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#observation.observe = (layers, input, rows) => {
      const { inner } = this.#panels(layers[0]!);
      see(layers, this.loaded.kernels.heap.f32(input, rows * inner), rows);
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
  encode(samples: Float32Array, signal: AbortSignal): Promise<Float32Array> {
    const padTo = this.description.config.encoderContext === "trimmed" ? "none" : "window";
    return encodeSamples(this.loaded, samples, padTo, signal);
  }

  dispose(): void {
    this.loaded.kernels.dispose();
  }

  /** Visits the rows with their panels, F32 [inner, 8]: lane row % 8 is the row's. */
  #eachRow(layer: string, visit: (panel: Float32Array, row: number) => void): void {
    const { panels, rows, inner } = this.#panels(layer);
    for (let row = 0; row < rows; row++) {
      const address = panels + Math.floor(row / 8) * inner * 32;
      visit(this.loaded.kernels.heap.f32(address, inner * 8), row);
    }
  }

  #panels(layer: string): DensePanels {
    const found = this.loaded.model.dense.get(`${layer}.weight`);
    if (found === undefined) throw new RangeError(`${layer} is no dense matrix of this model.`);
    return found;
  }
}
