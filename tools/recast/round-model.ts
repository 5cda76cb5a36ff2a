import type { Kernels } from "../../src/kernels/kernels.ts";
import { writeTexts } from "./calibration-texts.ts";
import { chooseForms, type FormGoal, type FormOption } from "./choose-forms.ts";
import type { FloatModel } from "./float-model.ts";
import { InputStatistics } from "./input-statistics.ts";
import type { LinearLayer } from "./linear-layers.ts";
import { bytesOf, type MatrixForm, noiseOf } from "./matrix-form.ts";
import { RotatedMatrix, type RoundedMatrix } from "./rotated-matrix.ts";
import { Teacher } from "./teacher.ts";

/** A linear layer as it is written. */
export interface RoundedLayer {
  readonly layer: LinearLayer;
  readonly matrix: RoundedMatrix;
  /** Its part of the model's divergence, nats, as measured with all others in float32; null: not measured. */
  readonly divergence: number | null;
}

export interface RoundedModel {
  readonly layers: readonly RoundedLayer[];
  /** KL(float32 || rounded) on the calibration recordings, nats a token; activations in float32. */
  readonly divergence: number;
  /** False: what was asked for cannot be had, and this is the nearest to it. */
  readonly isGoalMet: boolean;
}

export interface RoundingOptions {
  /** What a layer may become; the first is what its part of the divergence is measured with. */
  readonly candidates: (layer: LinearLayer) => readonly MatrixForm[];
  /** null: every layer takes its first candidate. */
  readonly goal: FormGoal | null;
  /** Bytes of the file that are not the layers'. */
  readonly otherBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Rounds of choosing, rounding and measuring, until the goal is met and not undercut by much. */
const MOST_TRIALS = 4;
/** A budget or divergence is met where it is used to this share. */
const CLOSE = 0.99;

/** Chooses a form for each linear layer and rounds them with error feedback. Leaves the model as it was. */
export class ModelRounding {
  readonly #model: FloatModel;
  readonly #options: RoundingOptions;
  readonly #matrices: ReadonlyMap<LinearLayer, RotatedMatrix>;
  readonly #teacher: Teacher;

  private constructor(
    model: FloatModel,
    options: RoundingOptions,
    matrices: ReadonlyMap<LinearLayer, RotatedMatrix>,
    teacher: Teacher,
  ) {
    this.#model = model;
    this.#options = options;
    this.#matrices = matrices;
    this.#teacher = teacher;
  }

  /**
   * Lets the model hear the recordings.
   *
   * @param recordings samples at the model's rate
   */
  static async prepare(
    kernels: Kernels,
    model: FloatModel,
    layers: readonly LinearLayer[],
    recordings: readonly Float32Array[],
    options: RoundingOptions,
  ): Promise<ModelRounding> {
    const { signal, onProgress } = options;
    const statistics = new InputStatistics(kernels);
    const windows = await model.observing(
      (seen, values, rows) => statistics.add(seen, values, rows),
      () =>
        writeTexts(model, recordings, signal, (done, total) => {
          onProgress(`calibrate: window ${done + 1} of ${total}`);
        }),
    );
    const teacher = Teacher.listen(model, windows, signal);
    const matrices = new Map<LinearLayer, RotatedMatrix>();
    for (const layer of layers) {
      const moments = statistics.of(layer.name);
      const matrix = new RotatedMatrix(kernels, model.read(layer.name), layer.inputWidth, moments);
      matrices.set(layer, matrix);
    }
    return new ModelRounding(model, options, matrices, teacher);
  }

  async round(): Promise<RoundedModel> {
    const { goal, candidates, otherBytes } = this.#options;
    if (goal === null) {
      return this.#roundAs(
        [...this.#matrices.keys()].map((layer) => [layer, candidates(layer)[0]!, null]),
      );
    }
    const options = await this.#weighOptions();
    let aim: FormGoal = "bytes" in goal ? { bytes: goal.bytes - otherBytes } : goal;
    const wanted = "bytes" in goal ? goal.bytes : goal.divergence;
    let best: RoundedModel | null = null;
    let last: RoundedModel | null = null;
    let chosen: readonly FormOption[] = [];
    for (let trial = 0; trial < MOST_TRIALS; trial++) {
      const before = chosen;
      chosen = chooseForms([...options.values()], aim);
      if (trial > 0 && chosen.every((option, i) => option === before[i])) break;
      last = await this.#roundAs(
        [...options.keys()].map((layer, i) => {
          const { form, divergence } = chosen[i]!;
          return [layer, form, divergence] as const;
        }),
      );
      const found = "bytes" in goal ? otherBytes + sizeOf(last) : last.divergence;
      if (found <= wanted && (best === null || isBetter(last, best, goal))) best = last;
      if (best === last && found >= wanted * CLOSE) break;
      // Parts add up to second order only, and bytes are estimates: the next aim makes up for the miss.
      aim =
        "bytes" in aim
          ? { bytes: aim.bytes + 0.998 * wanted - found }
          : { divergence: aim.divergence * Math.min((0.995 * wanted) / found, 4) };
    }
    return best ?? { ...last!, isGoalMet: false };
  }

  /** What each form of each layer costs in bytes and divergence. */
  async #weighOptions(): Promise<Map<LinearLayer, FormOption[]>> {
    const { candidates, onProgress } = this.#options;
    const weighed = new Map<LinearLayer, FormOption[]>();
    for (const [layer, matrix] of this.#matrices) {
      onProgress(`measure: ${weighed.size + 1} of ${this.#matrices.size}, ${layer.name}`);
      const forms = candidates(layer);
      const original = this.#model.read(layer.name);
      const rounded = matrix.round(forms[0]!);
      this.#model.replace(layer.name, rounded.values());
      const isEncoder = layer.name.startsWith("encoder.");
      const divergence = await this.#teacher.probe(this.#model, isEncoder);
      this.#model.replace(layer.name, original);
      const { noise } = rounded.outputs ?? rounded.weights;
      const each = forms.map((form): FormOption => {
        const own = form.kind === "int4" ? noise : noiseOf(matrix.facts, form);
        return {
          form,
          bytes: bytesOf(matrix.facts, form),
          divergence: noise === 0 ? 0 : (divergence * own) / noise,
        };
      });
      weighed.set(layer, each);
    }
    return weighed;
  }

  async #roundAs(
    forms: readonly (readonly [LinearLayer, MatrixForm, number | null])[],
  ): Promise<RoundedModel> {
    const { onProgress, signal } = this.#options;
    const layers: RoundedLayer[] = [];
    for (const [layer, form, divergence] of forms) {
      signal.throwIfAborted();
      onProgress(`round: ${layers.length + 1} of ${forms.length}, ${layer.name}`);
      const matrix = this.#matrices.get(layer)!.round(form);
      this.#model.replace(layer.name, matrix.values());
      layers.push({ layer, matrix, divergence });
    }
    onProgress("measure: the rounded model");
    const divergence = await this.#teacher.divergence(this.#model);
    for (const [layer, matrix] of this.#matrices)
      this.#model.replace(layer.name, matrix.original());
    return { layers, divergence, isGoalMet: true };
  }
}

function sizeOf({ layers }: RoundedModel): number {
  return layers.reduce((sum, { matrix }) => sum + matrix.byteLength, 0);
}

function isBetter(a: RoundedModel, b: RoundedModel, goal: FormGoal): boolean {
  return "bytes" in goal ? a.divergence < b.divergence : sizeOf(a) < sizeOf(b);
}
