import { OptionError } from "../errors.ts";
import type { DecodingPlan } from "./decoding-plan.ts";
import { logTotal } from "./log-total.ts";
import type { Logits, WindowDecoder } from "./window-decoder.ts";

/** What decoding one window gives. */
export interface DecodedWindow {
  /** Sampled tokens, without end-of-text. */
  readonly tokens: readonly number[];
  /** Sum of the sampled tokens' log-probabilities, end-of-text included, over tokens + 1. */
  readonly avgLogProb: number;
  /** Probability of the no-speech token after the start token; 0 where the model has none. */
  readonly noSpeechProb: number;
}

/**
 * Greedy decoding of one window (whisper/decoding.py, DecodingTask and GreedyDecoder at
 * temperature 0). Log-probabilities are taken after the rules.
 *
 * @param onToken called after each sampled token with all of them; may yield, may throw to stop
 * @throws OptionError when the rules leave no token to sample
 * @throws ModelError when the logits are not numbers
 */
export async function decodeWindow(
  decoder: WindowDecoder,
  plan: DecodingPlan,
  onToken: (tokens: readonly number[]) => Promise<void>,
): Promise<DecodedWindow> {
  const { initialTokens, startIndex, endOfText, noSpeech, rules, maxTokens } = plan;
  const sampled: number[] = [];
  let sumLogProb = 0;

  decoder.reset();
  const last = initialTokens.length - 1;
  const first = decoder.feed(initialTokens, startIndex === last ? [last] : [last, startIndex]);
  let logits = first[0]!;
  const atStart = first.at(-1)!; // perhaps the same row: to be read before the rules mask it
  const startTotal = logTotal(atStart);
  const noSpeechProb = noSpeech === null ? 0 : Math.exp(atStart.values[noSpeech]! - startTotal);

  for (;;) {
    for (const rule of rules) rule(logits, sampled);
    const token = logits.argMax();
    sumLogProb += logProbOf(token, logits);
    if (token === endOfText) break;
    sampled.push(token);
    await onToken(sampled);
    const total = initialTokens.length + sampled.length;
    if (sampled.length >= maxTokens || total > decoder.contextLength) break;
    logits = decoder.feed([token], [0])[0]!;
  }
  return { tokens: sampled, avgLogProb: sumLogProb / (sampled.length + 1), noSpeechProb };
}

function logProbOf(token: number, logits: Logits): number {
  const logit = logits.values[token]!;
  if (logit === Number.NEGATIVE_INFINITY) {
    throw new OptionError(
      "suppressTokens: expected some token left to sample, found all of them suppressed.",
    );
  }
  return logit - logTotal(logits);
}
