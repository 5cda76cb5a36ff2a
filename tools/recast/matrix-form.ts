import { bitsPerCode } from "./code-costs.ts";
import type { CodedSteps, Energies } from "./row-quantiser.ts";

/** How a rotated matrix is written, and how it runs. */
export type MatrixForm =
  /** int8, a scale a row. */
  | { readonly kind: "int8" }
  /** int4, a scale for 32 inputs. */
  | { readonly kind: "int4" }
  /** int8 that is entropy-coded in the file; its step, as a share of the weights' root mean square. */
  | { readonly kind: "coded"; readonly share: number };

/** What a form does depends on, of a matrix in the Hadamard domain. */
export interface MatrixFacts {
  readonly width: number;
  /** Root mean squares of its rows. */
  readonly deviations: Float64Array;
  /** The largest magnitude of each row. */
  readonly peaks: Float64Array;
  /**
   * [width]: what an error of one in a column is worth at the output, given that those behind it are
   * made good: pivots of the inputs' moments. All 1 where inputs are not known.
   */
  readonly pivots: Float64Array;
}

/**
 * The step of a column is the wanted one over its pivot, so that every column adds as much to the
 * error of the outputs: for a given error that takes the fewest bits (reverse water-filling, Cover and
 * Thomas, Elements of Information Theory, 10.3.3). Columns' steps are whole multiples of the matrix's.
 */
export function codedSteps(facts: MatrixFacts, share: number): CodedSteps {
  const wanted = share * rootMeanSquare(facts.deviations);
  const typical = geometricMean(facts.pivots);
  // Error feedback may lead beyond the largest weight.
  const least = (1.1 * Math.max(...facts.peaks)) / 127;
  const parts = Math.max(1, Math.floor(wanted / least));
  const step = Math.fround(Math.max(wanted, least) / parts) || 1;
  const multipliers = Uint8Array.from(facts.pivots, (pivot) => {
    return Math.min(Math.max(Math.round((parts * typical) / pivot), 1), 32);
  });
  return { step, multipliers };
}

/** Bytes of the matrix in this form, scales included. */
export function bytesOf(facts: MatrixFacts, form: MatrixForm): number {
  const { width, deviations } = facts;
  const rows = deviations.length;
  if (form.kind === "int8") return rows * (width + 4);
  if (form.kind === "int4") return rows * (Math.ceil(width / 2) + 2 * Math.ceil(width / 32));
  const { step, multipliers } = codedSteps(facts, form.share);
  const columns = new Map<number, number>();
  for (const multiplier of multipliers) {
    columns.set(multiplier, (columns.get(multiplier) ?? 0) + 1);
  }
  let bits = 4 * width + 400;
  for (const [multiplier, count] of columns) {
    for (const deviation of deviations)
      bits += count * bitsPerCode(deviation / (step * multiplier));
  }
  return bits / 8;
}

/** Expected error of the outputs, in the units of `Energies.noise`; of int4 it has to be measured. */
export function noiseOf(
  facts: MatrixFacts,
  form: Exclude<MatrixForm, { kind: "int4" }>,
): Energies["noise"] {
  const { deviations, peaks, pivots } = facts;
  if (form.kind === "int8") {
    const scales = peaks.reduce((sum, peak) => sum + (peak / 127) ** 2, 0);
    return (scales * pivots.reduce((sum, pivot) => sum + pivot ** 2, 0)) / 12;
  }
  const { step, multipliers } = codedSteps(facts, form.share);
  const columns = pivots.reduce((sum, pivot, j) => sum + (pivot * multipliers[j]! * step) ** 2, 0);
  return (deviations.length * columns) / 12;
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function geometricMean(values: Float64Array): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
