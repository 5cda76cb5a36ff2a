import { logTotal } from "./log-total.ts";
import type { WindowDecoder } from "./window-decoder.ts";

export interface LanguageDetection {
  /** The most probable language code. */
  readonly language: string;
  /** Probability by code, over the model's languages alone. */
  readonly probabilities: ReadonlyMap<string, number>;
}

/**
 * Which language token follows the start token (whisper/decoding.py, detect_language). Leaves the
 * decoder as if nothing had been fed.
 *
 * @param languages code -> token id, not empty
 * @param sequence of the window that is asked about
 */
export function detectLanguage(
  decoder: WindowDecoder,
  startOfTranscript: number,
  languages: ReadonlyMap<string, number>,
  sequence = 0,
): LanguageDetection {
  decoder.reset();
  const [logits] = decoder.feed([startOfTranscript], [0], sequence);
  decoder.reset();
  const { values } = logits!;
  const scores = Array.from(languages, ([code, token]) => ({ code, token, logit: values[token]! }));
  values.fill(Number.NEGATIVE_INFINITY);
  for (const { token, logit } of scores) values[token] = logit;
  const total = logTotal(logits!);
  const best = logits!.argMax();
  return {
    language: scores.find(({ token }) => token === best)!.code,
    probabilities: new Map(scores.map(({ code, logit }) => [code, Math.exp(logit - total)])),
  };
}
