import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import type { ResolvedOptions } from "../options/option-table.ts";
import { secondsPerTimestamp } from "../tokenizer/special-tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { checkIds, wantsTimestamps } from "./plan-prompt.ts";
import { roundHalfToEven } from "./round-half-to-even.ts";
import type { Logits } from "./window-decoder.ts";

/**
 * Masks what may not be sampled next, in place, with -Infinity. `sampled`: the tokens sampled so
 * far, without the prompt. The rules are those of whisper/decoding.py, applied in this order.
 */
export type LogitRule = (logits: Logits, sampled: readonly number[]) => void;

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

/** SuppressBlank: the transcript does not begin with these: the space and end-of-text. */
export function suppressBlank(tokens: readonly number[]): LogitRule {
  return (logits, sampled) => {
    if (sampled.length === 0) mask(logits.values, tokens);
  };
}

/** SuppressTokens. */
export function suppressTokens(tokens: readonly number[]): LogitRule {
  return ({ values }) => mask(values, tokens);
}

/** The ids that the timestamp rules speak of. */
export interface TimestampTokens {
  /** The id of <|0.00|>. */
  readonly timestampBegin: number;
  /** The id after the last timestamp; a fine-tune may have added tokens of text from here on. */
  readonly timestampEnd: number;
  readonly endOfText: number;
  readonly noTimestamps: number;
}

/**
 * ApplyTimestampRules: timestamps come in pairs except directly before end-of-text, never
 * decrease, and give every segment some length; the first token is a timestamp of at most
 * `maxInitialIndex` steps; and where timestamps together are more probable than any single text
 * token, a timestamp is sampled.
 */
export function timestampRules(
  { timestampBegin, timestampEnd, endOfText, noTimestamps }: TimestampTokens,
  maxInitialIndex: number | null,
): LogitRule {
  const isTimestamp = (token: number | undefined) =>
    token !== undefined && token >= timestampBegin && token < timestampEnd;
  const maskAllBut = (values: Float32Array, from: number) => {
    maskRange(values, 0, from);
    maskRange(values, timestampEnd, values.length);
  };
  return (logits, sampled) => {
    const { values } = logits;
    values[noTimestamps] = Number.NEGATIVE_INFINITY;

    const lastIs = isTimestamp(sampled.at(-1));
    const penultimateIs = sampled.length < 2 || isTimestamp(sampled.at(-2));
    if (lastIs && penultimateIs) maskRange(values, timestampBegin, timestampEnd);
    if (lastIs && !penultimateIs) maskAllBut(values, endOfText);

    const last = sampled.findLast(isTimestamp);
    if (last !== undefined) {
      // After text + timestamp the same time may follow, to open the next segment.
      const closes = lastIs && !penultimateIs;
      maskRange(values, timestampBegin, closes ? last : last + 1);
    }
    if (sampled.length === 0) {
      maskAllBut(values, timestampBegin);
      if (maxInitialIndex !== null) {
        maskRange(values, timestampBegin + maxInitialIndex + 1, timestampEnd);
      }
    }
    const textLogit = Math.max(
      logits.maximum(0, timestampBegin),
      logits.maximum(timestampEnd, values.length),
    );
    if (logits.logSumExp(timestampBegin, timestampEnd) > textLogit) {
      maskAllBut(values, timestampBegin);
    }
  };
}

function mask(values: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) values[token] = Number.NEGATIVE_INFINITY;
}

function maskRange(values: Float32Array, from: number, to: number): void {
  values.fill(Number.NEGATIVE_INFINITY, Math.min(from, values.length), to);
}
