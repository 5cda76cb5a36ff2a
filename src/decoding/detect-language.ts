import { logTotal } from "./log-softmax.ts";
import type { WindowDecoder } from "./window-decoder.ts";

export interface LanguageDetection {
  /** The most probable language code. */
  readonly language: string;
  /** Probability by code, over the model's languages alone. */
  readonly probabilities: ReadonlyMap<string, number>;
}

/**
 * Which language token follows the start token (whisper/decoding.py, detect_language). Leaves the
 * decoder as if nothing had been fed. `languages`: code -> token id, not empty.
 */
export function detectLanguage(
  decoder: WindowDecoder,
  startOfTranscript: number,
  languages: ReadonlyMap<string, number>,
): LanguageDetection {
  decoder.reset();
  const [logits] = decoder.feed([startOfTranscript], [0]);
  decoder.reset();
  const codes = [...languages.keys()];
  const scores = Float32Array.from(languages.values(), (token) => logits![token]!);
  const total = logTotal(scores);
  const probabilities = new Map(codes.map((code, i) => [code, Math.exp(scores[i]! - total)]));
  const best = scores.indexOf(Math.max(...scores));
  return { language: codes[best]!, probabilities };
}
