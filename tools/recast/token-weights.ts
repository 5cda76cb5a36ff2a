import type { Logits } from "../../src/decoding/window-decoder.ts";

/** Tokens that are expected this often, as a mean over all places of a text, get the finest steps. */
const FREQUENT = 1e-3;
/** What the steps of rare tokens may be coarser by: one bit. */
const COARSEST = 2;

/** How often each token is expected, as a mean over the places of texts. */
export class TokenWeights {
  readonly #sums: Float64Array;
  #places = 0;

  constructor(vocabSize: number) {
    this.#sums = new Float64Array(vocabSize);
  }

  /** Adds the probabilities of what may come at one place. */
  add(logits: Logits): void {
    const { values } = logits;
    const total = logits.logSumExp();
    for (let id = 0; id < values.length; id++) this.#sums[id]! += Math.exp(values[id]! - total);
    this.#places++;
  }

  /**
   * How much coarser the steps of a token's row of the output projection may be. An error of its logit
   * shows in the divergence by the token's probability, so that for the fewest bits steps should go with
   * its inverse square root (as in codedSteps). Rare words are to be understood too, and calibration is
   * short: so it is the fourth root, and no more than one bit.
   *
   * @returns [vocabSize], powers of 2 to the quarter, 1 .. COARSEST
   */
  stepFactors(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => {
      const mean = sum / Math.max(this.#places, 1);
      const quarters = Math.round(Math.log2(FREQUENT / Math.max(mean, 1e-12)));
      return 2 ** (Math.min(Math.max(quarters, 0), 4 * Math.log2(COARSEST)) / 4);
    });
  }
}
