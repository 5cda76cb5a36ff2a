import { type DecodedWindow, decodeWindows } from "./decode-window.ts";
import type { DecodingPlan, DecodingThresholds } from "./decoding-plan.ts";
import type { StepListener } from "./run-searches.ts";
import type { WindowDecoder } from "./window-decoder.ts";

export interface FallbackOptions {
  readonly onStep?: StepListener;
  /** Where each window begins, say: tells it from others of the same seed; default 0. */
  readonly positions?: readonly number[];
}

/**
 * Decodes windows side by side, at one temperature of their plans after the other until their texts
 * look right (whisper/transcribe.py, decode_with_fallback); the last one stands as it is. Those that
 * look wrong are decoded again together.
 *
 * @param plans plans[i] is for the decoder's window i
 * @throws OptionError when the rules leave no token to sample
 * @throws ModelError when the logits are not numbers
 */
export async function decodeWithFallback(
  decoder: WindowDecoder,
  plans: readonly DecodingPlan[],
  { onStep = async () => {}, positions = [] }: FallbackOptions = {},
): Promise<DecodedWindow[]> {
  const decoded = new Map<number, DecodedWindow>();
  let wanted = plans.map((plan, window) => ({ window, plan, position: positions[window] ?? 0 }));
  for (let attempt = 0; wanted.length > 0; attempt++) {
    const tried = wanted.map((window) => ({ ...window, attempt }));
    const results = await decodeWindows(decoder, tried, onStep);
    for (const [i, { window }] of wanted.entries()) decoded.set(window, results[i]!);
    wanted = wanted.filter(({ plan }, i) => {
      return attempt + 1 < plan.attempts.length && looksWrong(results[i]!, plan.thresholds);
    });
  }
  return plans.map((_, window) => decoded.get(window)!);
}

/** Whether a window is to be decoded again: its text repeats itself or is improbable, and no silence. */
function looksWrong(
  { compressionRatio, avgLogProb, noSpeechProb }: DecodedWindow,
  thresholds: DecodingThresholds,
): boolean {
  const repeats =
    thresholds.compressionRatio !== null && compressionRatio > thresholds.compressionRatio;
  const isImprobable = thresholds.logProb !== null && avgLogProb < thresholds.logProb;
  const isSilent = thresholds.noSpeech !== null && noSpeechProb > thresholds.noSpeech;
  return (repeats || isImprobable) && !(isSilent && isImprobable);
}

/**
 * Whether a decoded window has text: not where its no-speech probability is above the threshold and
 * its average log-probability is no excuse (whisper/transcribe.py).
 */
export function isSpeech(
  { noSpeechProb, avgLogProb }: DecodedWindow,
  { thresholds }: DecodingPlan,
): boolean {
  const { noSpeech, logProb } = thresholds;
  if (noSpeech === null || noSpeechProb <= noSpeech) return true;
  return logProb !== null && avgLogProb > logProb;
}
