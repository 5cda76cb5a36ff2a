import type { Kernels } from "../../src/kernels/kernels.ts";
import { writeTexts } from "./calibration-texts.ts";
import { chooseForms, type FormChoice, type FormGoal, type FormOption } from "./choose-forms.ts";
import type { FloatModel } from "./float-model.ts";
import { InputStatistics } from "./input-statistics.ts";
import type { LinearLayer } from "./linear-layers.ts";
import { bytesOf, type MatrixForm, noiseOf } from "./matrix-form.ts";
import { RotatedMatrix, type RoundedMatrix } from "./rotated-matrix.ts";
import { type Lesson, measureDivergence, writeLessons } from "./teacher.ts";

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

export interface RoundingOptions extends FormChoice {
  /** Bytes of the file that are not the layers'. */
  readonly otherBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Windows that single layers are measured on: an encoder has to run for each of its layers. */
const PROBE_WINDOWS = 2;
/** Rounds of choosing, rounding and measuring, until the goal is met and not undercut by much. */
const MOST_TRIALS = 4;
/** A budget or divergence is met where it is used to this share. */
const CLOSE = 0.99;

/** What is rounded, and what it is measured with. */
interface Rounding {
  /** Its matrices are replaced by rounded ones. */
  readonly model: FloatModel;
  readonly matrices: ReadonlyMap<LinearLayer, RotatedMatrix>;
  readonly lessons: readonly Lesson[];
  readonly options: RoundingOptions;
}

/**
 * Lets a model hear recordings, chooses a form for each of its linear layers and rounds them with
 * error feedback. Leaves the model rounded.
 *
 * @param recordings samples at the model's rate
 */
export async function roundModel(
  kernels: Kernels,
  model: FloatModel,
  layers: readonly LinearLayer[],
  recordings: readonly Float32Array[],
  options: RoundingOptions,
): Promise<RoundedModel> {
  const { candidates, goal, otherBytes, signal, onProgress } = options;
  const statistics = new InputStatistics(kernels);
  const windows = await model.observing(
    (seen, values, rows) => statistics.add(seen, values, rows),
    () =>
      writeTexts(model, recordings, signal, (done, total) => {
        onProgress(`calibrate: window ${done + 1} of ${total}`);
      }),
  );
  const lessons = await writeLessons(model, windows);
  const matrices = new Map<LinearLayer, RotatedMatrix>();
  for (const layer of layers) {
    const factor = statistics.factorOf(layer.name);
    const matrix = new RotatedMatrix(kernels, model.read(layer.name), layer.inputWidth, factor);
    matrices.set(layer, matrix);
  }
  const rounding = { model, matrices, lessons, options };
  if (goal === null) {
    return roundAs(
      rounding,
      layers.map((layer) => ({ form: candidates(layer)[0]!, divergence: null })),
    );
  }
  const weighed = await weighOptions(rounding);
  let aim: FormGoal = "bytes" in goal ? { bytes: goal.bytes - otherBytes } : goal;
  const wanted = "bytes" in goal ? goal.bytes : goal.divergence;
  let best: RoundedModel | null = null;
  let last: RoundedModel | null = null;
  let chosen: readonly FormOption[] = [];
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const before = chosen;
    chosen = chooseForms(weighed, aim);
    if (trial > 0 && chosen.every((option, i) => option === before[i])) break;
    last = await roundAs(rounding, chosen);
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
async function weighOptions({ model, matrices, lessons, options }: Rounding) {
  const probes = lessons.slice(0, PROBE_WINDOWS);
  const weighed: FormOption[][] = [];
  for (const [layer, matrix] of matrices) {
    options.onProgress(`measure: ${weighed.length + 1} of ${matrices.size}, ${layer.name}`);
    const forms = options.candidates(layer);
    const original = model.read(layer.name);
    const rounded = matrix.round(forms[0]!);
    model.replace(layer.name, rounded.values());
    const isEncoder = layer.name.startsWith("encoder.");
    const divergence = await measureDivergence(model, probes, isEncoder, options.signal);
    model.replace(layer.name, original);
    const { noise } = rounded.outputs ?? rounded.weights;
    const each = forms.map((form): FormOption => {
      const own = form.kind === "int4" ? noise : noiseOf(matrix.facts, form);
      return {
        form,
        bytes: bytesOf(matrix.facts, form),
        divergence: noise === 0 ? 0 : (divergence * own) / noise,
      };
    });
    weighed.push(each);
  }
  return weighed;
}

/** @param forms of the layers, in their order */
async function roundAs(
  { model, matrices, lessons, options: { signal, onProgress } }: Rounding,
  forms: readonly { readonly form: MatrixForm; readonly divergence: number | null }[],
): Promise<RoundedModel> {
  const layers: RoundedLayer[] = [];
  for (const [layer, rotated] of matrices) {
    signal.throwIfAborted();
    onProgress(`round: ${layers.length + 1} of ${matrices.size}, ${layer.name}`);
    const { form, divergence } = forms[layers.length]!;
    const matrix = rotated.round(form);
    model.replace(layer.name, matrix.values());
    layers.push({ layer, matrix, divergence });
  }
  onProgress("measure: the rounded model");
  const divergence = await measureDivergence(model, lessons, true, signal);
  return { layers, divergence, isGoalMet: true };
}

function sizeOf({ layers }: RoundedModel): number {
  return layers.reduce((sum, { matrix }) => sum + matrix.byteLength, 0);
}

function isBetter(a: RoundedModel, b: RoundedModel, goal: FormGoal): boolean {
  return "bytes" in goal ? a.divergence < b.divergence : sizeOf(a) < sizeOf(b);
}
