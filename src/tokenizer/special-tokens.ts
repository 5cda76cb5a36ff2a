import { TokenizerError } from "../errors.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Seconds from one timestamp token to the next, in every Whisper model (paper, section 2.3). */
export const secondsPerTimestamp = 0.02;
/** Seconds of the last timestamp: they tell the time within a window of 30 s (ibid.). */
const lastTimestamp = 30;

/** Ids of the tokens that steer Whisper; null where the model has none. */
export interface SpecialTokens {
  readonly endOfText: number;
  readonly startOfTranscript: number;
  readonly noTimestamps: number;
  readonly translate: number | null;
  readonly transcribe: number | null;
  readonly startOfLm: number | null;
  readonly startOfPrev: number | null;
  readonly noSpeech: number | null;
  /** <|0.00|>: from this id on there are timestamps, whether or not the files list them. */
  readonly timestampBegin: number | null;
  /** The first id behind the timestamps, where a fine-tune may have added tokens of its own. */
  readonly timestampEnd: number | null;
}

/** @throws TokenizerError when a token is missing that no Whisper model can do without */
export function findSpecialTokens(vocabulary: Vocabulary): SpecialTokens {
  const { ids, tokens } = vocabulary;
  const optional = (token: string) => ids.get(token) ?? null;
  const required = (token: string) => {
    const id = ids.get(token);
    if (id === undefined) {
      throw new TokenizerError(
        `The tokenizer's files: expected the token ${token} with an id below ${tokens.length} (vocab_size of config.json), found none. Is this a Whisper model?`,
        { expected: token },
      );
    }
    return id;
  };
  const noTimestamps = required("<|notimestamps|>");
  return {
    endOfText: required("<|endoftext|>"),
    startOfTranscript: required("<|startoftranscript|>"),
    noTimestamps,
    translate: optional("<|translate|>"),
    transcribe: optional("<|transcribe|>"),
    startOfLm: optional("<|startoflm|>"),
    startOfPrev: optional("<|startofprev|>"),
    noSpeech: optional("<|nospeech|>") ?? optional("<|nocaptions|>"), // its name before 2023
    ...findTimestamps(vocabulary, noTimestamps + 1),
  };
}

/** The ids from `begin` on that the files call timestamps or leave without a name. */
function findTimestamps(
  { tokens }: Vocabulary,
  begin: number,
): Pick<SpecialTokens, "timestampBegin" | "timestampEnd"> {
  const limit = Math.min(
    tokens.length,
    begin + Math.round(lastTimestamp / secondsPerTimestamp) + 1,
  );
  let end = begin;
  while (end < limit && /^<\|\d+\.\d\d\|>$/.test(tokens[end] ?? "<|0.00|>")) end++;
  return end > begin
    ? { timestampBegin: begin, timestampEnd: end }
    : { timestampBegin: null, timestampEnd: null };
}

/**
 * Language codes and the ids of their tokens (<|en|>, <|haw|>), in the order of the ids. They stand
 * between <|startoftranscript|> and the tasks; markers elsewhere (<|pad|>) are no languages.
 */
export function findLanguages(
  { tokens }: Vocabulary,
  { startOfTranscript, translate, transcribe }: SpecialTokens,
): ReadonlyMap<string, number> {
  const languages = new Map<string, number>();
  const firstTask = Math.min(translate ?? Infinity, transcribe ?? Infinity);
  if (firstTask === Infinity) return languages;
  for (let id = startOfTranscript + 1; id < firstTask; id++) {
    const code = tokens[id]?.match(/^<\|([a-z]{2,3})\|>$/)?.[1];
    if (code !== undefined) languages.set(code, id);
  }
  return languages;
}

/** Whether a token is one of Whisper's markers rather than text. */
export function isMarker(token: string): boolean {
  return /^<\|.+\|>$/.test(token);
}
