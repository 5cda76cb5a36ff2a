import type { ModelDescription } from "../../src/checkpoint/model-description.ts";
import { planPrompt } from "../../src/decoding/plan-prompt.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import type { DecodingState } from "../../src/model/decoding-state.ts";
import type { Logits } from "../../src/model/logits.ts";
import { resolveOptions } from "../../src/options/check-options.ts";
import { Progress } from "../../src/transcription/progress.ts";
import { type LoadedModel, WindowPipeline } from "../../src/transcription/window-pipeline.ts";

/** Rows of logits that lie in memory at once: 13 MB of Whisper's vocabulary. */
const LOGIT_ROWS = 64;

/** A window that a model has encoded, and may be asked about more than once. */
export class EncodedWindow {
  /** F32 [positions, width]: the encoder's output, valid while the window is. */
  readonly encoded: Float32Array;
  readonly #loaded: LoadedModel;
  readonly #state: DecodingState;

  constructor(loaded: LoadedModel, encoded: Float32Array, state: DecodingState) {
    this.encoded = encoded;
    this.#loaded = loaded;
    this.#state = state;
  }

  /**
   * What the model says: tokens of text alone, the likeliest each time, no times, no second attempt,
   * and no text taken back for being improbable.
   */
  async say(): Promise<readonly number[]> {
    const { isMultilingual } = this.#loaded.description.generation;
    const language = isMultilingual ? { language: "en" } : {};
    const options = { ...language, temperature: 0 };
    const pipeline = new WindowPipeline(this.#loaded, options, new Progress({}));
    const request = { prompt: [], timestamps: false, seek: 0, isFirst: true };
    const [decoded] = await pipeline.decode(this.#state, [request]);
    return decoded!.tokens;
  }

  /**
   * Feeds the decoder the start of a transcript and then `tokens`, whatever it would have said itself.
   *
   * @param tokens text, and what ends it
   * @param next sees what the model expects in the place of token `index`, valid during the call
   */
  force(tokens: readonly number[], next: (index: number, logits: Logits) => void): void {
    const prompt = transcriptPrompt(this.#loaded.description);
    // The last token is only expected, nothing follows it.
    const fed = [...prompt, ...tokens.slice(0, -1)];
    this.#state.reset();
    for (let at = 0; at < fed.length; at += LOGIT_ROWS) {
      const piece = fed.slice(at, at + LOGIT_ROWS);
      // The prompt's last token is the first that text follows.
      const first = Math.max(0, prompt.length - 1 - at);
      const rows = piece.map((_, row) => row).slice(first);
      for (const [i, logits] of this.#state.feed(piece, rows).entries()) {
        next(at + first + i - (prompt.length - 1), logits);
      }
    }
  }
}

/**
 * Encodes a window, silence up to its full length as Whisper's `decode` has it, once for all that is
 * asked about it.
 *
 * @param samples mono, at the model's sample rate, at most a window
 */
export async function encodeWindow<T>(
  loaded: LoadedModel,
  samples: Float32Array,
  ask: (window: EncodedWindow) => Promise<T>,
): Promise<T> {
  const { kernels, description, model } = loaded;
  const { heap } = kernels;
  const mark = heap.mark();
  try {
    const logMel = computeLogMel(kernels, samples, description.features, { padTo: "window" });
    const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
    const state = model.decoder.open(audio, { logitRows: LOGIT_ROWS });
    const encoded = heap.f32(audio.pointer, audio.positions * model.config.width);
    return await ask(new EncodedWindow(loaded, encoded, state));
  } finally {
    heap.release(mark);
  }
}

/** The tokens before a transcript of English speech without times. */
function transcriptPrompt({ generation, tokenizer }: ModelDescription): number[] {
  return planPrompt(resolveOptions({}), "en", tokenizer, generation, 0).initialTokens;
}
