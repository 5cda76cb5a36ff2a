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
export interface Lesson {
  readonly samples: Float32Array;
  /** The encoder's output, [positions, width]. */
  readonly audio: Float32Array;
  readonly text: CalibrationText;
  /** Natural logarithms of the next token's probabilities, [vocabSize] for each token of text. */
  readonly logProbs: readonly Float32Array[];
}

/**
 * What the model in float32 expects next, token by token, in its own likeliest texts.
 *
 * @param model unchanged
 */
export async function writeLessons(
  { loaded }: FloatModel,
  windows: readonly CalibrationWindow[],
): Promise<Lesson[]> {
  const lessons: Lesson[] = [];
  let left = MOST_TOKENS;
  for (const { samples, audio, texts } of windows) {
    if (left <= 0) break;
    const { tokens, promptLength } = texts[0]!;
    const text = { tokens: tokens.slice(0, promptLength - 1 + left), promptLength };
    const logProbs: Float32Array[] = [];
    await withDecoder(loaded, audio, { logitRows: text.tokens.length }, (state) => {
      forceTokens(state, text.tokens, promptLength - 1, (_, logits) => {
        logProbs.push(logProbabilities(logits));
      });
    });
    left -= logProbs.length;
    lessons.push({ samples, audio, text, logProbs });
  }
  return lessons;
}

/**
 * How far a changed model is from that: the Kullback-Leibler divergence KL(float32 || changed) in nats,
 * mean over the tokens, which both are fed.
 *
 * @param isEncoderChanged false: the encoder is as it was, and need not run again
 */
export async function measureDivergence(
  model: FloatModel,
  lessons: readonly Lesson[],
  isEncoderChanged: boolean,
  signal: AbortSignal,
): Promise<number> {
  let [sum, count] = [0, 0];
  for (const { samples, audio, text, logProbs } of lessons) {
    signal.throwIfAborted();
    const encoded = isEncoderChanged ? await model.encode(samples, signal) : audio;
    await withDecoder(model.loaded, encoded, { logitRows: text.tokens.length }, (state) => {
      forceTokens(state, text.tokens, text.promptLength - 1, (index, logits) => {
        sum += klDivergence(logProbs[index]!, logits.values, logits.logSumExp());
        count++;
      });
    });
  }
  return sum / count;
}
