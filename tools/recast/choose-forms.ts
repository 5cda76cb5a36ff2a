import type { MatrixForm } from "./matrix-form.ts";

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
