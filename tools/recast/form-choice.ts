import { rotatedBits } from "../../src/linear/rotated-bits.ts";
import type { FormGoal } from "./choose-forms.ts";
import type { LinearLayer } from "./linear-layers.ts";
import type { MatrixForm } from "./matrix-form.ts";
import type { RecastKind } from "./tensor-tasks.ts";

/** What a layer may become, and what is chosen by. */
export interface FormChoice {
  /** The first is what a layer's part of the divergence is measured with. */
  readonly candidates: (layer: LinearLayer) => readonly MatrixForm[];
  /** null: every layer takes its first candidate. */
  readonly goal: FormGoal | null;
}

/** Divergence that a model is rounded to unless told otherwise, nats on the calibration recordings. */
const DEFAULT_DIVERGENCE = 0.007;

const int8: MatrixForm = { kind: "int8" };
const int4: MatrixForm = { kind: "int4" };
/** What a layer's part of the divergence is measured with: 4 bits or so, still small enough to add up. */
const PROBE: MatrixForm = { kind: "coded", share: 0.25 };

/**
 * int8: whole codes, fewer bits only where a goal asks for them. int4: four bits that run as such, half
 * the memory; only for the token embedding, which suffers most, coded int8 too. Coded: the steps that
 * a goal allows, layer by layer.
 */
export function formChoice({
  weights,
  isCoded,
  goal,
}: {
  readonly weights: RecastKind;
  readonly isCoded: boolean;
  readonly goal: FormGoal | null;
}): FormChoice {
  const byDefault = goal ?? { divergence: DEFAULT_DIVERGENCE };
  if (weights === "int4") {
    const finer = codedForms(0.05, 0.25);
    const candidates = ({ name }: LinearLayer) =>
      rotatedBits("int4", name) === 4 ? [int4] : [int4, ...finer];
    return { candidates, goal: byDefault };
  }
  if (isCoded) return { candidates: () => [PROBE, ...codedForms(0.03, 0.9)], goal: byDefault };
  return { candidates: () => (goal === null ? [int8] : [int4, int8]), goal };
}

/** Steps an eighth of an octave apart. */
function codedForms(least: number, most: number): MatrixForm[] {
  const forms: MatrixForm[] = [];
  for (let share = least; share <= most; share *= 2 ** 0.125) forms.push({ kind: "coded", share });
  return forms;
}
