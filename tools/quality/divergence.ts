import type { LoadedModel } from "../../src/transcription/window-listener.ts";
import type { ReferenceOutputs } from "./reference-outputs.ts";
import { teacherForce } from "./teacher-force.ts";

/** How far a model is from the reference. */
export interface Divergence {
  /** Of the encoder's output to what it misses the reference by, dB, over the whole windows. */
  readonly encoderSnr: number;
  /** The same over the speech and the second after it, without the rest of the silence. */
  readonly speechSnr: number;
  /** Mean of `divergences`. */
  readonly klDivergence: number;
  /** KL(reference || model) of each next token, nats, window after window. */
  readonly divergences: Float64Array;
  /** Tokens in whose place the two think another one likeliest. */
  readonly flips: number;
}

/**
 * Compares a model with the reference on the windows and the text of the reference. The model must
 * have the reference's vocabulary and width.
 */
export async function measureDivergence(
  loaded: LoadedModel,
  reference: readonly ReferenceOutputs[],
): Promise<Divergence> {
  const { features } = loaded.description;
  const { width, vocabSize } = loaded.description.config;
  const whole = new EnergyRatio();
  const speech = new EnergyRatio();
  const divergences: number[] = [];
  let flips = 0;
  for (const { samples, forcedTokens, encoded, logProbabilities } of reference) {
    const heardSamples = samples.length + features.sampleRate;
    const speechRows = Math.ceil(heardSamples / features.hopLength / 2);
    await teacherForce(loaded, samples, forcedTokens, {
      encoded: (output) => {
        whole.add(encoded, output);
        speech.add(encoded.subarray(0, speechRows * width), output);
      },
      next: (index, logits) => {
        const expected = logProbabilities.subarray(index * vocabSize, (index + 1) * vocabSize);
        divergences.push(klDivergence(expected, logits.values, logits.logSumExp()));
        if (expected[logits.argMax()] !== largest(expected)) flips++;
      },
    });
  }
  const total = divergences.reduce((sum, value) => sum + value, 0);
  return {
    encoderSnr: whole.decibels,
    speechSnr: speech.decibels,
    klDivergence: total / divergences.length,
    divergences: Float64Array.from(divergences),
    flips,
  };
}

/**
 * KL(reference || model) in nats.
 *
 * @param expected log-probabilities of the reference
 * @param logits of the model, of which `total` is the log of the sum of their exponentials
 */
export function klDivergence(expected: Float32Array, logits: Float32Array, total: number): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const reference = expected[i]!;
    // Rounded as the reference's are, so that equal models are 0 apart.
    sum += Math.exp(reference) * (reference - Math.fround(logits[i]! - total));
  }
  return sum;
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** Energy of a signal over that of the noise in it, of several pieces. */
class EnergyRatio {
  #signal = 0;
  #noise = 0;

  /** `found` may be longer than `expected`. */
  add(expected: Float32Array, found: Float32Array): void {
    for (let i = 0; i < expected.length; i++) {
      this.#signal += expected[i]! ** 2;
      this.#noise += (found[i]! - expected[i]!) ** 2;
    }
  }

  get decibels(): number {
    return 10 * Math.log10(this.#signal / this.#noise);
  }
}
