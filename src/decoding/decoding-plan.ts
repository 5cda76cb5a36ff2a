import { OptionError, TokenizerError } from "../errors.ts";
import type { DecodingOptions } from "../options.ts";
import { findLanguageCode } from "../tokenizer/languages.ts";
import { secondsPerTimestamp } from "../tokenizer/special-tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type LogitRule, suppressBlank, suppressTokens, timestampRules } from "./logit-rules.ts";

/** What decoding must know of the model besides its tokenizer. */
export interface DecodingFacts {
  /** Prompts carry a language and a task token. */
  readonly isMultilingual: boolean;
  /** The model's own list of ids never to be sampled; empty: none at all. */
  readonly suppressTokens: readonly number[];
  /** Ids that may not come first; null: the space and end-of-text. */
  readonly beginSuppressTokens: readonly number[] | null;
  /** n_text_ctx. */
  readonly contextLength: number;
}

/** Everything that decoding one window needs, options resolved. */
export interface DecodingPlan {
  readonly initialTokens: readonly number[];
  /** Where in `initialTokens` the start-of-transcript token is. */
  readonly startIndex: number;
  readonly endOfText: number;
  /** The no-speech token; null where the model has none. */
  readonly noSpeech: number | null;
  /** In the order in which they are applied. */
  readonly rules: readonly LogitRule[];
  readonly maxTokens: number;
}

/**
 * The language that options ask for, as a code; undefined when it is to be detected; null when the
 * model has no language tokens in its prompt and none was asked for.
 *
 * @throws OptionError for a language that the model has not
 * @throws TokenizerError for a multilingual model whose files name no language
 */
export function resolveLanguage(
  options: DecodingOptions,
  tokenizer: Tokenizer,
  { isMultilingual }: DecodingFacts,
): string | null | undefined {
  const { language, task } = options;
  const code =
    language === undefined || tokenizer.languages.has(language)
      ? language
      : findLanguageCode(language);
  if (isMultilingual) {
    if (tokenizer.languages.size === 0) {
      throw new TokenizerError(
        "The tokenizer's files: expected language tokens such as <|en|>, as the config says that the model is multilingual; found none.",
        { expected: "<|en|>" },
      );
    }
    if (language === undefined) return undefined;
    if (code && tokenizer.languages.has(code)) return code;
    const known = [...tokenizer.languages.keys()].join(", ");
    throw new OptionError(`language: expected one of ${known}; found "${language}".`, {
      expected: known,
      found: language,
    });
  }
  if (task === "translate") {
    throw new OptionError(
      'task: this model cannot translate, it was trained on one language. Use a multilingual model or task "transcribe".',
      { expected: "transcribe", found: task },
    );
  }
  if (code !== undefined && code !== "en") {
    throw new OptionError(
      `language: this model knows one language and takes none but "en"; found "${language}". Use a multilingual model.`,
      { expected: "en", found: language },
    );
  }
  return code ?? (tokenizer.languages.size > 0 ? "en" : null);
}

/**
 * Resolves options against the model, as DecodingTask does (whisper/decoding.py), but for a
 * `maxInitialTimestamp` of 0, which means 0.00 here and no limit there.
 *
 * @param language what `resolveLanguage` or detection gave
 * @throws OptionError for what is out of range, contradictory or impossible with this model
 */
export function planDecoding(
  options: DecodingOptions,
  language: string | null,
  tokenizer: Tokenizer,
  facts: DecodingFacts,
): DecodingPlan {
  const { special } = tokenizer;
  const withTimestamps = options.timestamps === "segment";
  const maxTokens = checkMaxTokens(options, facts);
  const start = startSequence(options, language, tokenizer, facts, withTimestamps);
  const prompt = promptTokens(options, tokenizer, facts);
  const prefix = prefixTokens(options, tokenizer, facts, maxTokens);
  const initialTokens = [...prompt, ...start, ...prefix];
  if (initialTokens.length > facts.contextLength) {
    const message = `prompt and prefix: expected at most ${facts.contextLength} tokens in all, found ${initialTokens.length}. Shorten them.`;
    throw new OptionError(message, { expected: facts.contextLength, found: initialTokens.length });
  }
  return {
    initialTokens,
    startIndex: prompt.length,
    endOfText: special.endOfText,
    noSpeech: special.noSpeech,
    rules: logitRules(options, tokenizer, facts, withTimestamps),
    maxTokens,
  };
}

function startSequence(
  { task = "transcribe" }: DecodingOptions,
  language: string | null,
  { special, languages }: Tokenizer,
  { isMultilingual }: DecodingFacts,
  withTimestamps: boolean,
): number[] {
  const tokens = [special.startOfTranscript];
  if (isMultilingual) {
    const taskToken = special[task];
    if (taskToken === null) {
      throw new OptionError(`task: this model has no token for "${task}".`, { found: task });
    }
    tokens.push(languages.get(language!)!, taskToken);
  }
  if (!withTimestamps) tokens.push(special.noTimestamps);
  if (withTimestamps && special.timestampBegin === null) {
    throw new OptionError(
      'timestamps: this model has no timestamp tokens. Use timestamps "none", or another model.',
      { expected: "none", found: "segment" },
    );
  }
  return tokens;
}

/** The last n_text_ctx / 2 - 1 tokens of the prompt behind the start-of-previous token. */
function promptTokens(
  { prompt = [] }: DecodingOptions,
  { special, vocabSize }: Tokenizer,
  { contextLength }: DecodingFacts,
): number[] {
  if (prompt.length === 0) return [];
  checkIds(prompt, "prompt", vocabSize);
  if (special.startOfPrev === null) {
    throw new OptionError("prompt: this model has no token for a prompt. Leave it out.");
  }
  const room = Math.floor(contextLength / 2) - 1;
  return [special.startOfPrev, ...lastOf(prompt, room)];
}

/** The last n_text_ctx / 2 - maxTokens tokens; all of them when that is 0, as the reference has it. */
function prefixTokens(
  { prefix = [] }: DecodingOptions,
  { vocabSize }: Tokenizer,
  { contextLength }: DecodingFacts,
  maxTokens: number,
): number[] {
  checkIds(prefix, "prefix", vocabSize);
  const room = Math.floor(contextLength / 2) - maxTokens;
  return room === 0 ? [...prefix] : lastOf(prefix, room);
}

function lastOf(tokens: readonly number[], count: number): number[] {
  return tokens.slice(Math.max(0, tokens.length - count));
}

function logitRules(
  options: DecodingOptions,
  tokenizer: Tokenizer,
  facts: DecodingFacts,
  withTimestamps: boolean,
): LogitRule[] {
  const { special, vocabSize } = tokenizer;
  const rules: LogitRule[] = [];
  if (options.suppressBlank ?? true) {
    const blanks = [tokenizer.space, special.endOfText].filter((id) => id !== null);
    rules.push(suppressBlank(facts.beginSuppressTokens ?? blanks));
  }
  const suppressed = options.suppressTokens ?? facts.suppressTokens;
  checkIds(suppressed, "suppressTokens", vocabSize);
  if (suppressed.length > 0) {
    // The steering tokens are always added to a list that is not empty (_get_suppress_tokens).
    const { transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech } = special;
    const steering = [transcribe, translate, startOfTranscript, startOfPrev, startOfLm, noSpeech];
    rules.push(suppressTokens([...suppressed, ...steering.filter((id) => id !== null)]));
  }
  const { timestampBegin, timestampEnd } = special;
  if (withTimestamps && timestampBegin !== null && timestampEnd !== null) {
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

/** As Python's round, which the reference uses here. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function checkMaxTokens(options: DecodingOptions, { contextLength }: DecodingFacts): number {
  const most = Math.floor(contextLength / 2);
  const { maxTokens = most } = options;
  if (!Number.isInteger(maxTokens) || maxTokens < 1 || maxTokens > most) {
    const expected = `a whole number from 1 to ${most}`;
    throw new OptionError(`maxTokens: expected ${expected}; found ${maxTokens}.`, {
      expected,
      found: maxTokens,
    });
  }
  return maxTokens;
}

function checkIds(ids: readonly number[], option: string, vocabSize: number): void {
  const at = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (at < 0) return;
  const expected = `token ids from 0 to ${vocabSize - 1}`;
  const found = ids[at];
  throw new OptionError(`${option}: expected ${expected}; found ${found}.`, { expected, found });
}
