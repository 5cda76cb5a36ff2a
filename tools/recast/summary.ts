import type { MatrixForm } from "./matrix-form.ts";
import type { RoundedLayer, RoundedModel } from "./round-model.ts";
import type { Energies } from "./row-quantiser.ts";
import type { RecastKind } from "./tensor-tasks.ts";

/** What `fwhisper recast` made. */
export interface RecastSummary {
  readonly weights: RecastKind;
  readonly isCoded: boolean;
  readonly rounding: "nearest" | "error-feedback";
  /** Sizes of the files of weights. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** KL(float32 || rounded) on the calibration recordings, nats a token; null without. */
  readonly divergence: number | null;
  /** Whether the file has the bytes or the divergence that were asked for. */
  readonly isGoalMet: boolean;
  readonly layers: readonly LayerSummary[];
  /** Means of the layers' ratios. */
  readonly total: { readonly weightsDb: number; readonly outputsDb: number | null };
}

/** One linear layer. */
export interface LayerSummary {
  readonly name: string;
  readonly form: MatrixForm["kind"];
  /** Of a weight in the file, scales included. */
  readonly bits: number;
  readonly bytes: number;
  /** Signal to noise ratios of the weights, and of the layer's outputs on the calibration recordings. */
  readonly weightsDb: number;
  readonly outputsDb: number | null;
  /** Of all layers' divergences; null where they were not measured. */
  readonly divergenceShare: number | null;
}

export function summarise(made: {
  readonly weights: RecastKind;
  readonly isCoded: boolean;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly layers: readonly RoundedLayer[];
  /** null: rounded to nearest. */
  readonly calibrated: RoundedModel | null;
}): RecastSummary {
  const { calibrated, layers, ...rest } = made;
  const divergence = layers.reduce((sum, layer) => sum + (layer.divergence ?? 0), 0);
  const each = layers.map((layer) => summariseLayer(layer, divergence));
  const outputs = each.flatMap(({ outputsDb }) => (outputsDb === null ? [] : [outputsDb]));
  return {
    ...rest,
    rounding: calibrated === null ? "nearest" : "error-feedback",
    divergence: calibrated?.divergence ?? null,
    isGoalMet: calibrated?.isGoalMet ?? true,
    layers: each,
    total: {
      weightsDb: mean(each.map(({ weightsDb }) => weightsDb)),
      outputsDb: outputs.length === 0 ? null : mean(outputs),
    },
  };
}

function summariseLayer(
  { layer, matrix, divergence }: RoundedLayer,
  allDivergence: number,
): LayerSummary {
  const bytes = matrix.byteLength;
  return {
    name: layer.name,
    form: matrix.form.kind,
    bits: (8 * bytes) / (layer.inputWidth * layer.outputWidth),
    bytes,
    weightsDb: decibels(matrix.weights),
    outputsDb: matrix.outputs === null ? null : decibels(matrix.outputs),
    divergenceShare: divergence === null ? null : divergence / allDivergence,
  };
}

function decibels({ signal, noise }: Energies): number {
  return 10 * Math.log10(signal / noise);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
