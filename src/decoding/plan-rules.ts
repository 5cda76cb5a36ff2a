import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import type { ResolvedOptions } from "../options/option-table.ts";
import { secondsPerTimestamp } from "../tokenizer/special-tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type LogitRule, suppressBlank, suppressTokens, timestampRules } from "./logit-rules.ts";
import { checkIds, wantsTimestamps } from "./plan-prompt.ts";
import { roundHalfToEven } from "./round-half-to-even.ts";

/**
 * The rules that options ask for, in the reference's order.
 *
 * @throws OptionError for ids outside the vocabulary
 */
export function logitRules(
  options: ResolvedOptions,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
): LogitRule[] {
  const { special, vocabSize } = tokenizer;
  const rules: LogitRule[] = [];
  if (options.suppressBlank) {
    const blanks = [tokenizer.space, special.endOfText].filter((id) => id !== null);
    rules.push(suppressBlank(generation.beginSuppressTokens ?? blanks));
  }
  const suppressed = options.suppressTokens ?? generation.suppressTokens;
  checkIds("suppressTokens", suppressed, vocabSize);
  if (suppressed.length > 0) {
    // The steering tokens are always added to a list that is not empty (_get_suppress_tokens).
    const { transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech } = special;
    const steering = [transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech];
    rules.push(suppressTokens([...suppressed, ...steering.filter((id) => id !== null)]));
  }
  const { timestampBegin, timestampEnd } = special;
  if (wantsTimestamps(options) && timestampBegin !== null && timestampEnd !== null) {
    const latest = options.maxInitialTimestamp;
    const limit = latest === null ? null : roundHalfToEven(latest / secondsPerTimestamp);
    rules.push(timestampRules({ ...special, timestampBegin, timestampEnd }, limit));
  }
  return rules;
}
