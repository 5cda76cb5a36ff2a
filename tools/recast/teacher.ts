import {
  forceTokens,
  klDivergence,
  logProbabilities,
  withDecoder,
} from "../quality/teacher-forcing.ts";
import type { CalibrationText, CalibrationWindow } from "./calibration-texts.ts";
import type { FloatModel } from "./float-model.ts";

/** Tokens that a divergence is measured over: their log-probabilities, 0.2 MB each, stay in memory. */
const MOST_TOKENS = 384;
/** Windows that single layers are measured on: an encoder has to run for each of its layers. */
const PROBE_WINDOWS = 2;

interface Lesson {
  readonly samples: Float32Array;
  /** The encoder's output, [positions, width]. */
  readonly audio: Float32Array;
  readonly text: CalibrationText;
  /** Natural logarithms of the next token's probabilities, [vocabSize] for each token of text. */
  readonly logProbs: readonly Float32Array[];
}

/**
 * What the model in float32 expects next, token by token, and how far a changed model is from it: the
 * Kullback-Leibler divergence KL(float32 || changed) in nats, mean over tokens of float32's own
 * likeliest texts, which both are fed.
 */
export class Teacher {
  readonly #lessons: readonly Lesson[];
  readonly #signal: AbortSignal;

  private constructor(lessons: readonly Lesson[], signal: AbortSignal) {
    this.#lessons = lessons;
    this.#signal = signal;
  }

  /** @param model unchanged */
  static async listen(
    model: FloatModel,
    windows: readonly CalibrationWindow[],
    signal: AbortSignal,
  ): Promise<Teacher> {
    const lessons: Lesson[] = [];
    let left = MOST_TOKENS;
    for (const { samples, audio, texts } of windows) {
      if (left <= 0) break;
      const { tokens, promptLength } = texts[0]!;
      const text = { tokens: tokens.slice(0, promptLength - 1 + left), promptLength };
      const logProbs: Float32Array[] = [];
      await withDecoder(model.loaded, audio, (state) => {
        forceTokens(state, text.tokens, promptLength - 1, (_, logits) => {
          logProbs.push(logProbabilities(logits));
        });
      });
      left -= logProbs.length;
      lessons.push({ samples, audio, text, logProbs });
    }
    return new Teacher(lessons, signal);
  }

  /** Of the whole model, nats. */
  divergence(model: FloatModel): Promise<number> {
    return this.#divergenceOn(this.#lessons, model, true);
  }

  /**
   * Of a model with one layer changed, on the first windows only, nats.
   *
   * @param isEncoderChanged false: the encoder is as it was, and need not run again
   */
  probe(model: FloatModel, isEncoderChanged: boolean): Promise<number> {
    return this.#divergenceOn(this.#lessons.slice(0, PROBE_WINDOWS), model, isEncoderChanged);
  }

  async #divergenceOn(
    lessons: readonly Lesson[],
    model: FloatModel,
    isEncoderChanged: boolean,
  ): Promise<number> {
    let [sum, count] = [0, 0];
    for (const { samples, audio, text, logProbs } of lessons) {
      this.#signal.throwIfAborted();
      const heard = isEncoderChanged ? await model.encode(samples, this.#signal) : audio;
      await withDecoder(model.loaded, heard, (state) => {
        forceTokens(state, text.tokens, text.promptLength - 1, (index, logits) => {
          sum += klDivergence(logProbs[index]!, logits.values, logits.logSumExp());
          count++;
        });
      });
    }
    return sum / count;
  }
}
