import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";
import { encodeWindow } from "./encoded-window.ts";
import type { SpeechWindow } from "./speech-windows.ts";

/** What the model that others are compared with computes of a window, and says. */
export interface ReferenceWindow extends SpeechWindow {
  readonly text: string;
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
export async function hearReference(
  loaded: LoadedModel,
  windows: readonly SpeechWindow[],
): Promise<ReferenceWindow[]> {
  const { tokenizer, config } = loaded.description;
  const heard: ReferenceWindow[] = [];
  for (const window of windows) {
    const reference = await encodeWindow(loaded, window.samples, async (encodedWindow) => {
      const tokens = await encodedWindow.say();
      const forcedTokens = [...tokens, tokenizer.special.endOfText];
      const logProbabilities = new Float32Array(forcedTokens.length * config.vocabSize);
      encodedWindow.force(forcedTokens, (index, logits) => {
        const total = logits.logSumExp();
        const row = logits.values.map((logit) => logit - total);
        logProbabilities.set(row, index * config.vocabSize);
      });
      const encoded = encodedWindow.encoded.slice();
      const text = tokenizer.decodeText(tokens);
      return { ...window, text, forcedTokens, encoded, logProbabilities };
    });
    heard.push(reference);
  }
  return heard;
}
