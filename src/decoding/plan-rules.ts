import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import { OptionError } from "../errors.ts";
import { checkIds } from "../options/check-ids.ts";
import type { DecodingOptions } from "../options/options.ts";
import { secondsPerTimestamp } from "../tokenizer/special-tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type LogitRule, suppressBlank, suppressTokens, timestampRules } from "./logit-rules.ts";
import { wantsTimestamps } from "./plan-prompt.ts";
import { roundHalfToEven } from "./round-half-to-even.ts";

/**
 * The rules that options ask for, in the reference's order.
 *
 * @throws OptionError for ids outside the vocabulary or a latest first timestamp below 0
 */
export function logitRules(
  options: DecodingOptions,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
): LogitRule[] {
  const { special, vocabSize } = tokenizer;
  const rules: LogitRule[] = [];
  if (options.suppressBlank ?? true) {
    const blanks = [tokenizer.space, special.endOfText].filter((id) => id !== null);
    rules.push(suppressBlank(generation.beginSuppressTokens ?? blanks));
  }
  const suppressed = options.suppressTokens ?? generation.suppressTokens;
  checkIds(suppressed, "suppressTokens", vocabSize);
  if (suppressed.length > 0) {
    // The steering tokens are always added to a list that is not empty (_get_suppress_tokens).
    const { transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech } = special;
    const steering = [transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech];
    rules.push(suppressTokens([...suppressed, ...steering.filter((id) => id !== null)]));
  }
  const { timestampBegin, timestampEnd } = special;
  if (wantsTimestamps(options) && timestampBegin !== null && timestampEnd !== null) {
    const limit = maxInitialIndex(options);
    rules.push(timestampRules({ ...special, timestampBegin, timestampEnd }, limit));
  }
  return rules;
}

function maxInitialIndex({ maxInitialTimestamp = 1 }: DecodingOptions): number | null {
  if (maxInitialTimestamp === null) return null;
  if (!(maxInitialTimestamp >= 0)) {
    throw new OptionError(
      `maxInitialTimestamp: expected seconds from 0, or null; found ${maxInitialTimestamp}.`,
      { found: maxInitialTimestamp },
    );
  }
  return roundHalfToEven(maxInitialTimestamp / secondsPerTimestamp);
}
