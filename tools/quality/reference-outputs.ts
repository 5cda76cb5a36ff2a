import type { LoadedModel } from "../../src/transcription/window-listener.ts";
import { type GreedyText, hearGreedily } from "./greedy-text.ts";
import type { SpeechWindow } from "./speech-windows.ts";
import { teacherForce } from "./teacher-force.ts";

/** What the model that others are compared with computes of a window, and says. */
export interface ReferenceOutputs extends SpeechWindow, GreedyText {
  /** Its text's tokens, and end of text: what every model is made to say. */
  readonly forcedTokens: readonly number[];
  /** F32 [positions, width]. */
  readonly encoded: Float32Array;
  /** F32 [forcedTokens, vocabulary], natural: what it expects in the place of each. */
  readonly logProbabilities: Float32Array;
}

/**
 * Lets a model, in float32 mostly, hear windows, and keeps what it computes of them: about 0.2 MB for
 * each token and 2 to 8 MB for each window.
 */
export async function computeReference(
  loaded: LoadedModel,
  windows: readonly SpeechWindow[],
): Promise<ReferenceOutputs[]> {
  const { tokenizer, config } = loaded.description;
  const texts = await hearGreedily(loaded, windows);
  const outputs: ReferenceOutputs[] = [];
  for (const [i, window] of windows.entries()) {
    const forcedTokens = [...texts[i]!.tokens, tokenizer.special.endOfText];
    const logProbabilities = new Float32Array(forcedTokens.length * config.vocabSize);
    let encoded = new Float32Array();
    await teacherForce(loaded, window.samples, forcedTokens, {
      encoded: (output) => {
        encoded = output.slice();
      },
      next: (index, logits) => {
        const total = logits.logSumExp();
        const row = logits.values.map((logit) => logit - total);
        logProbabilities.set(row, index * config.vocabSize);
      },
    });
    outputs.push({ ...window, ...texts[i]!, forcedTokens, encoded, logProbabilities });
  }
  return outputs;
}
