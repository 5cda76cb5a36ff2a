import { rotatedBits } from "../../src/linear/rotated-storage.ts";
import type { LinearLayer } from "./linear-layers.ts";
import type { MatrixForm } from "./matrix-form.ts";
import type { RecastKind } from "./tensor-tasks.ts";

/** A way of writing a matrix, and what it costs. */
export interface FormOption {
  readonly form: MatrixForm;
  readonly bytes: number;
  /** Its part of the model's divergence, nats. */
  readonly divergence: number;
}

export type FormGoal =
  /** The least divergence in so many bytes. */
  | { readonly bytes: number }
  /** The fewest bytes with a divergence of no more than this, nats. */
  | { readonly divergence: number };

/** Halvings of the price's interval, which spans many orders of magnitude at first. */
const HALVINGS = 60;

/**
 * For each matrix one of its options. Parts of the divergence are taken to add up, as they do to second
 * order; then the best choice for some price of a byte is each matrix's own best, and the price is found
 * by bisection (Lagrange; Shoham and Gersho, 1988). Where the goal cannot be met, the nearest to it.
 */
export function chooseForms(
  matrices: readonly (readonly FormOption[])[],
  goal: FormGoal,
): FormOption[] {
  const choose = (price: number) => matrices.map((options) => cheapest(options, price));
  const isMet = (options: readonly FormOption[]) =>
    "bytes" in goal
      ? sum(options, "bytes") <= goal.bytes
      : sum(options, "divergence") <= goal.divergence;
  // A high price asks for few bytes, a low one for a small divergence.
  let [low, high] = [Math.log(1e-20), Math.log(1e3)];
  const wantsHigh = "bytes" in goal;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (isMet(choose(Math.exp(middle))) === wantsHigh) high = middle;
    else low = middle;
  }
  return choose(Math.exp(wantsHigh ? high : low));
}

function cheapest(options: readonly FormOption[], price: number): FormOption {
  const cost = ({ divergence, bytes }: FormOption) => divergence + price * bytes;
  return options.reduce((best, option) => (cost(option) < cost(best) ? option : best));
}

function sum(options: readonly FormOption[], what: "bytes" | "divergence"): number {
  return options.reduce((total, option) => total + option[what], 0);
}

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
