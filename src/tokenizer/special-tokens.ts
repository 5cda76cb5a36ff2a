import { TokenizerError } from "../errors.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Seconds from one timestamp token to the next, in every Whisper model (paper, section 2.3). */
export const secondsPerTimestamp = 0.02;

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
  /** <|0.00|>: this id and all above are timestamps, whether or not the files list them. */
  readonly timestampBegin: number | null;
}

/** @throws TokenizerError when a token is missing that no Whisper model can do without */
export function findSpecialTokens({ ids, tokens }: Vocabulary): SpecialTokens {
  const optional = (token: string) => ids.get(token) ?? null;
  const required = (token: string) => {
    const id = ids.get(token);
    if (id === undefined) {
      throw new TokenizerError(
        `The tokenizer's files: expected the token ${token}, found none. Is this a Whisper model?`,
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
    timestampBegin: noTimestamps + 1 < tokens.length ? noTimestamps + 1 : null,
  };
}

/** Language codes and the ids of their tokens (<|en|>, <|haw|>), in the order of the ids. */
export function findLanguages({ tokens }: Vocabulary): ReadonlyMap<string, number> {
  const languages = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const code = token?.match(/^<\|([a-z]{2,3})\|>$/)?.[1];
    if (code !== undefined) languages.set(code, id);
  }
  return languages;
}

/** Whether a token is one of Whisper's markers rather than text. */
export function isMarker(token: string): boolean {
  return /^<\|.+\|>$/.test(token);
}
