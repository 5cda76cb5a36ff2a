import { searchBeams } from "./beam-search.ts";
import { compressionRatio } from "./compression-ratio.ts";
import type { DecodingPlan, DecodingThresholds } from "./decoding-plan.ts";
import { searchGreedily } from "./greedy-search.ts";
import { bestHypothesis } from "./hypothesis.ts";
import { runSearches, type SearchedWindow, type StepListener } from "./run-searches.ts";
import { sampleTexts } from "./sampling.ts";
import { seededRandom } from "./seeded-random.ts";
import type { WindowDecoder } from "./window-decoder.ts";

/** What decoding one window gives. */
export interface DecodedWindow {
  /** Sampled tokens, without end-of-text. */
  readonly tokens: readonly number[];
  /** The reference's text: special tokens below the timestamps kept, white space around it not. */
  readonly text: string;
  /** Sum of the sampled tokens' log-probabilities, end-of-text included. */
  readonly sumLogProb: number;
  /** The sum over tokens + 1. */
  readonly avgLogProb: number;
  /** Probability of the no-speech token after the start token; 0 where the model has none. */
  readonly noSpeechProb: number;
  /** At which it was decoded. */
  readonly temperature: number;
  /** UTF-8 bytes of the text over their zlib-compressed size. */
  readonly compressionRatio: number;
  /** Whether the thresholds leave room for its text. */
  readonly isSpeech: boolean;
  /** It says as much as the model is let say, and perhaps would go on. */
  readonly isCutShort: boolean;
}

export interface FallbackOptions {
  readonly onStep?: StepListener;
  /** Where each window begins, say: tells it from others of the same seed; default 0. */
  readonly positions?: readonly number[];
}

/**
 * Decodes windows side by side, at one temperature of their plans after the other until their texts
 * look right (whisper/transcribe.py, decode_with_fallback). Those that look wrong are decoded again
 * together. Where none looks right, the reference is left with the last, which is the hottest and reads
 * like it; here the most probable of those that do not repeat themselves stands.
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
    const results = await decodeOnce(decoder, tried, onStep);
    const isWrong = wanted.map(({ plan }, i) => looksWrong(results[i]!, plan.thresholds));
    for (const [i, { window, plan }] of wanted.entries()) {
      const before = decoded.get(window);
      const isBest = !isWrong[i] || !before || isMoreProbable(results[i]!, before, plan.thresholds);
      if (isBest) decoded.set(window, results[i]!);
    }
    wanted = wanted.filter(({ plan }, i) => attempt + 1 < plan.attempts.length && isWrong[i]);
  }
  return plans.map((_, window) => decoded.get(window)!);
}

/** A window, and how it is to be decoded. */
interface WindowAttempt {
  /** Which of the decoder's windows, from 0. */
  readonly window: number;
  readonly plan: DecodingPlan;
  /** Which of the plan's attempts. */
  readonly attempt: number;
  /** Tells the window from others of the same seed. */
  readonly position: number;
}

/**
 * Decodes windows side by side, once each (whisper/decoding.py, DecodingTask). Log-probabilities are
 * taken after the rules.
 *
 * @throws OptionError when the rules leave no token to sample
 * @throws ModelError when the logits are not numbers
 */
async function decodeOnce(
  decoder: WindowDecoder,
  windows: readonly WindowAttempt[],
  onStep: StepListener,
): Promise<DecodedWindow[]> {
  const results = await runSearches(decoder, windows.map(searchOf), onStep);
  return results.map(({ hypotheses, noSpeechProb }, i) => {
    const { plan, attempt } = windows[i]!;
    const { tokens, sumLogProb } = bestHypothesis(hypotheses, plan.lengthPenalty);
    const text = plan.textOf(tokens);
    const avgLogProb = sumLogProb / (tokens.length + 1);
    return {
      tokens,
      text,
      sumLogProb,
      avgLogProb,
      noSpeechProb,
      temperature: plan.attempts[attempt]!.temperature,
      compressionRatio: compressionRatio(text),
      isSpeech: isSpeech({ noSpeechProb, avgLogProb, tokens }, plan),
      isCutShort: tokens.length >= plan.maxTokens,
    };
  });
}

function searchOf({ window, plan, attempt, position }: WindowAttempt): SearchedWindow {
  const how = plan.attempts[attempt]!;
  switch (how.search) {
    case "greedy":
      return { window, plan, begin: searchGreedily };
    case "beam":
      return { window, plan, begin: (context, logits) => searchBeams(context, logits, how) };
    case "sampling": {
      const { temperature, samples } = how;
      const randoms = Array.from({ length: samples }, (_, sample) => {
        return seededRandom(plan.seed, position, attempt, sample);
      });
      const options = { temperature, randoms };
      return { window, plan, begin: (context, logits) => sampleTexts(context, logits, options) };
    }
  }
}

/** Whether a window is to be decoded again: its text repeats itself or is improbable, and no silence. */
function looksWrong(
  { compressionRatio, avgLogProb, noSpeechProb }: DecodedWindow,
  thresholds: DecodingThresholds,
): boolean {
  const repeats = repeatsItself(compressionRatio, thresholds);
  const isImprobable = thresholds.logProb !== null && avgLogProb < thresholds.logProb;
  const isSilent = thresholds.noSpeech !== null && noSpeechProb > thresholds.noSpeech;
  return (repeats || isImprobable) && !(isSilent && isImprobable);
}

/** Of two texts that look wrong. */
function isMoreProbable(
  text: DecodedWindow,
  other: DecodedWindow,
  thresholds: DecodingThresholds,
): boolean {
  const [repeats, otherRepeats] = [text, other].map(({ compressionRatio }) => {
    return repeatsItself(compressionRatio, thresholds);
  });
  return repeats === otherRepeats ? text.avgLogProb > other.avgLogProb : otherRepeats!;
}

function repeatsItself(ratio: number, { compressionRatio }: DecodingThresholds): boolean {
  return compressionRatio !== null && ratio > compressionRatio;
}

/** As many tokens of text as are taken for a word or two, which is what noise is taken for. */
const FEW_TOKENS = 4;
/**
 * For a few tokens the no-speech probability and half of what the average log-probability is below 0
 * may add up to this. Of sounds without speech (bells, doors, drums, music, noise) tiny.en and base write
 * such text at 0.97 and more, all but one; of words spoken alone, faint or in noise, the right ones are
 * at 0.93 and less.
 */
const MOST_DOUBT = 0.95;
/** What is less probable after all temperatures is no text but a cast of dice. */
const LEAST_LOG_PROB = -2;

/**
 * Whether a decoded window has text: not where its no-speech probability is above the threshold and
 * its average log-probability is no excuse (whisper/transcribe.py). Where a ladder of temperatures may
 * be climbed, as by default, nor where it is a word or two that are doubtful by both, or where no
 * temperature gave probable text: of that the reference knows nothing, which a single temperature
 * follows to the letter.
 */
export function isSpeech(
  window: Pick<DecodedWindow, "noSpeechProb" | "avgLogProb" | "tokens">,
  { thresholds, attempts, endOfText }: DecodingPlan,
): boolean {
  const { noSpeechProb, avgLogProb, tokens } = window;
  const { noSpeech, logProb } = thresholds;
  if (noSpeech === null) return true;
  const isSure = logProb !== null && avgLogProb > logProb;
  if (noSpeechProb > noSpeech && !isSure) return false;
  if (attempts.length === 1) return true;
  if (logProb !== null && avgLogProb < LEAST_LOG_PROB) return false;
  const textCount = tokens.filter((token) => token < endOfText).length;
  return textCount > FEW_TOKENS || noSpeechProb - avgLogProb / 2 <= MOST_DOUBT;
}
