import { addMedians } from "./median-filter.ts";

/** Rows [from, to). */
interface RowRange {
  readonly from: number;
  readonly to: number;
}

interface MatrixOptions {
  /** Odd; default 7. */
  readonly medianWidth?: number | undefined;
  /** Default 1. */
  readonly scoreScale?: number | undefined;
}

/** Deviations below this share of the mean are not the scores' own. */
const ROUNDING = 1e-12;

/**
 * How strongly each token looks at each encoder position, averaged over heads that are added one
 * after the other (whisper/timing.py, find_alignment): of each head's scores the softmax over
 * positions, standardised over tokens, median-filtered over positions.
 */
export class AlignmentMatrix {
  readonly positions: number;
  readonly #tokens: number;
  readonly #rows: RowRange;
  readonly #medianWidth: number;
  readonly #scoreScale: number;
  /** [rows, positions]. */
  readonly #sums: Float64Array;
  /** [tokens, positions], of the head at hand. */
  readonly #weights: Float64Array;
  #heads = 0;

  /** `rows`: the tokens (indices) that the matrix has rows for; all of them count in the standard. */
  constructor(tokens: number, positions: number, rows: RowRange, options: MatrixOptions = {}) {
    this.positions = positions;
    this.#tokens = tokens;
    this.#rows = rows;
    this.#medianWidth = options.medianWidth ?? 7;
    this.#scoreScale = options.scoreScale ?? 1;
    this.#sums = new Float64Array((rows.to - rows.from) * positions);
    this.#weights = new Float64Array(tokens * positions);
  }

  /** Adds a head: its scores [tokens, positions]. */
  add(scores: Float32Array): void {
    const { positions } = this;
    const { from, to } = this.#rows;
    this.#softmax(scores);
    this.#standardise();
    for (let row = from; row < to; row++) {
      const target = (row - from) * positions;
      const source = row * positions;
      addMedians(this.#weights, source, positions, this.#medianWidth, this.#sums, target);
    }
    this.#heads++;
  }

  /** The mean over heads, negative: costs [rows, positions] of having a token at a position. */
  costs(): Float64Array {
    return this.#sums.map((sum) => -sum / this.#heads);
  }

  #softmax(scores: Float32Array): void {
    const weights = this.#weights;
    const scale = this.#scoreScale;
    const { positions } = this;
    for (let from = 0; from < weights.length; from += positions) {
      const to = from + positions;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = from; i < to; i++) if (scores[i]! > largest) largest = scores[i]!;
      let sum = 0;
      for (let i = from; i < to; i++) {
        const power = Math.exp((scores[i]! - largest) * scale);
        weights[i] = power;
        sum += power;
      }
      for (let i = from; i < to; i++) weights[i]! /= sum;
    }
  }

  /** Mean 0 and (population) variance 1 over the tokens, at each position. */
  #standardise(): void {
    const weights = this.#weights;
    const { positions } = this;
    const share = 1 / this.#tokens;
    const means = new Float64Array(positions);
    const variances = new Float64Array(positions);
    for (let from = 0; from < weights.length; from += positions) {
      for (let i = 0; i < positions; i++) means[i]! += share * weights[from + i]!;
    }
    for (let from = 0; from < weights.length; from += positions) {
      for (let i = 0; i < positions; i++) {
        const difference = weights[from + i]! - means[i]!;
        weights[from + i] = difference;
        variances[i]! += share * difference * difference;
      }
    }
    // A position that all tokens look at alike, but for rounding, tells nothing of any.
    const factors = variances.map((variance, i) => {
      return variance > (ROUNDING * means[i]!) ** 2 ? 1 / Math.sqrt(variance) : 0;
    });
    for (let from = 0; from < weights.length; from += positions) {
      for (let i = 0; i < positions; i++) weights[from + i]! *= factors[i]!;
    }
  }
}
