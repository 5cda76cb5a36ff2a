import { logSumExp, maximumOf } from "./log-softmax.ts";

/**
 * Masks what may not be sampled next, in place, with -Infinity. `sampled`: the tokens sampled so
 * far, without the prompt. The rules are those of whisper/decoding.py, applied in this order.
 */
export type LogitRule = (logits: Float32Array, sampled: readonly number[]) => void;

/** SuppressBlank: the transcript does not begin with these: the space and end-of-text. */
export function suppressBlank(tokens: readonly number[]): LogitRule {
  return (logits, sampled) => {
    if (sampled.length === 0) mask(logits, tokens);
  };
}

/** SuppressTokens. */
export function suppressTokens(tokens: readonly number[]): LogitRule {
  return (logits) => mask(logits, tokens);
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
  const maskAllBut = (logits: Float32Array, from: number) => {
    maskRange(logits, 0, from);
    maskRange(logits, timestampEnd, logits.length);
  };
  return (logits, sampled) => {
    logits[noTimestamps] = Number.NEGATIVE_INFINITY;

    const lastIs = isTimestamp(sampled.at(-1));
    const penultimateIs = sampled.length < 2 || isTimestamp(sampled.at(-2));
    if (lastIs && penultimateIs) maskRange(logits, timestampBegin, timestampEnd);
    if (lastIs && !penultimateIs) maskAllBut(logits, endOfText);

    const last = sampled.findLast(isTimestamp);
    if (last !== undefined) {
      // After text + timestamp the same time may follow, to open the next segment.
      const closes = lastIs && !penultimateIs;
      maskRange(logits, timestampBegin, closes ? last : last + 1);
    }
    if (sampled.length === 0) {
      maskAllBut(logits, timestampBegin);
      if (maxInitialIndex !== null) {
        maskRange(logits, timestampBegin + maxInitialIndex + 1, timestampEnd);
      }
    }
    const textLogit = Math.max(
      maximumOf(logits, 0, timestampBegin),
      maximumOf(logits, timestampEnd, logits.length),
    );
    if (logSumExp(logits, timestampBegin, timestampEnd) > textLogit) {
      maskAllBut(logits, timestampBegin);
    }
  };
}

function mask(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) logits[token] = Number.NEGATIVE_INFINITY;
}

function maskRange(logits: Float32Array, from: number, to: number): void {
  logits.fill(Number.NEGATIVE_INFINITY, Math.min(from, logits.length), to);
}
