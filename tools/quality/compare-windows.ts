import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";
import { encodeWindow } from "./encoded-window.ts";
import { klDivergence } from "./kl-divergence.ts";
import type { ReferenceWindow } from "./reference-window.ts";

/** How far a model is from the reference in one window. */
export interface ComparedWindow {
  readonly recording: string;
  readonly speed: number;
  /** What the model says. */
  readonly text: string;
  /** What the reference says. */
  readonly expectedText: string;
  /** Energy of the reference's encoder output over the whole window. */
  readonly signal: number;
  /** Energy of what the model's output misses it by. */
  readonly noise: number;
  /** KL(reference || model) of each next token of the reference's text, nats. */
  readonly divergences: readonly number[];
  /** Tokens in whose place the two think another one likeliest. */
  readonly flips: number;
}

/**
 * Compares a model with the reference on its windows: the encoder's output, what is expected next in
 * the reference's own text, and the text that the model says by itself.
 *
 * @param loaded of the reference's vocabulary and width
 */
export async function compareWindows(
  loaded: LoadedModel,
  references: readonly ReferenceWindow[],
): Promise<ComparedWindow[]> {
  const { tokenizer, config } = loaded.description;
  const compared: ComparedWindow[] = [];
  for (const reference of references) {
    const { recording, speed, samples, forcedTokens, logProbabilities } = reference;
    const differences = await encodeWindow(loaded, samples, async (window) => {
      const energies = compareEnergy(reference.encoded, window.encoded);
      const divergences: number[] = [];
      let flips = 0;
      window.force(forcedTokens, (index, logits) => {
        const from = index * config.vocabSize;
        const expected = logProbabilities.subarray(from, from + config.vocabSize);
        divergences.push(klDivergence(expected, logits.values, logits.logSumExp()));
        if (expected[logits.argMax()] !== largest(expected)) flips++;
      });
      return { ...energies, divergences, flips, text: tokenizer.decodeText(await window.say()) };
    });
    compared.push({ recording, speed, expectedText: reference.text, ...differences });
  }
  return compared;
}

function compareEnergy(expected: Float32Array, found: Float32Array) {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2;
    noise += (found[i]! - expected[i]!) ** 2;
  }
  return { signal, noise };
}

function largest(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}
