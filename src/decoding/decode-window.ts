import { searchBeams } from "./beam-search.ts";
import { compressionRatio } from "./compression-ratio.ts";
import type { DecodingPlan } from "./decoding-plan.ts";
import { searchGreedily } from "./greedy-search.ts";
import { bestHypothesis } from "./hypothesis.ts";
import type { Attempt } from "./plan-attempts.ts";
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
}

/** A window, and how it is to be decoded. */
export interface WindowAttempt {
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
export async function decodeWindows(
  decoder: WindowDecoder,
  windows: readonly WindowAttempt[],
  onStep: StepListener,
): Promise<DecodedWindow[]> {
  const results = await runSearches(decoder, windows.map(searchOf), onStep);
  return results.map(({ hypotheses, noSpeechProb }, i) => {
    const { plan, attempt } = windows[i]!;
    const { tokens, sumLogProb } = bestHypothesis(hypotheses, plan.lengthPenalty);
    const text = plan.textOf(tokens);
    return {
      tokens,
      text,
      sumLogProb,
      avgLogProb: sumLogProb / (tokens.length + 1),
      noSpeechProb,
      temperature: plan.attempts[attempt]!.temperature,
      compressionRatio: compressionRatio(text),
    };
  });
}

function searchOf({ window, plan, attempt, position }: WindowAttempt): SearchedWindow {
  const how: Attempt = plan.attempts[attempt]!;
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
