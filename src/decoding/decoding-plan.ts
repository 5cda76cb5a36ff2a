import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import { refuse, refuseValue, TokenizerError } from "../errors.ts";
import { resolveOptions } from "../options/check-options.ts";
import type { DecodingOptions } from "../options/options.ts";
import { findLanguageCode } from "../tokenizer/languages.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import type { LogitRule } from "./logit-rules.ts";
import { type Attempt, planAttempts, sequencesOf } from "./plan-attempts.ts";
import { planPrompt, promptRoom } from "./plan-prompt.ts";
import { logitRules } from "./plan-rules.ts";

/** What makes a decoded window look wrong, or silent; null: nothing does. */
export interface DecodingThresholds {
  readonly compressionRatio: number | null;
  readonly logProb: number | null;
  readonly noSpeech: number | null;
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
  /** One after the other, until one looks right; not empty. */
  readonly attempts: readonly Attempt[];
  /** null: hypotheses are compared by their mean log-probability. */
  readonly lengthPenalty: number | null;
  readonly seed: number;
  readonly thresholds: DecodingThresholds;
  /** The reference's text of sampled tokens: without timestamps, stripped. */
  readonly textOf: (tokens: readonly number[]) => string;
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
  { isMultilingual }: GenerationConfig,
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
    throw refuseValue("language", `one of ${known}`, language);
  }
  if (task === "translate") {
    throw refuse(
      "task",
      'this model cannot translate, it was trained on one language. Use a multilingual model or task "transcribe".',
      { expected: "transcribe", found: task },
    );
  }
  if (code !== undefined && code !== "en") {
    throw refuse(
      "language",
      `this model knows one language and takes none but "en"; found "${language}". Use a multilingual model.`,
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
  generation: GenerationConfig,
): DecodingPlan {
  const { endOfText, noSpeech } = tokenizer.special;
  const resolved = resolveOptions(options);
  const maxTokens = checkMaxTokens(options, generation);
  return {
    ...planPrompt(resolved, language, tokenizer, generation, maxTokens),
    endOfText,
    noSpeech,
    rules: logitRules(resolved, tokenizer, generation),
    maxTokens,
    attempts: planAttempts(resolved),
    lengthPenalty: resolved.lengthPenalty ?? null,
    seed: resolved.seed,
    thresholds: {
      compressionRatio: resolved.compressionRatioThreshold,
      logProb: resolved.logProbThreshold,
      noSpeech: resolved.noSpeechThreshold,
    },
    textOf: (tokens) => stripSpace(tokenizer.decode(tokens)),
  };
}

/** How many sequences a decoder must be opened with for these options. */
export function sequencesNeeded(options: DecodingOptions): number {
  return Math.max(...planAttempts(resolveOptions(options)).map(sequencesOf));
}

/**
 * The tokens of the initial prompt, as the reference writes them: behind one space, stripped. Empty
 * without one.
 *
 * @throws OptionError for more than the model sees of a prompt; the reference forgets what is before
 * @throws TokenizerError for text that a cut vocabulary cannot write
 */
export function initialPromptTokens(
  { initialPrompt }: DecodingOptions,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
): number[] {
  if (initialPrompt === undefined) return [];
  const tokens = tokenizer.encode(` ${stripSpace(initialPrompt)}`);
  const room = promptRoom(generation);
  if (tokens.length > room) {
    const expected = `at most ${room} tokens, of which this model's context has room for no more`;
    throw refuseValue("initialPrompt", expected, tokens.length, "Shorten it.");
  }
  return tokens;
}

function checkMaxTokens(options: DecodingOptions, { contextLength }: GenerationConfig): number {
  const most = Math.floor(contextLength / 2);
  const { maxTokens = most } = options;
  if (!Number.isInteger(maxTokens) || maxTokens < 1 || maxTokens > most) {
    throw refuseValue("maxTokens", `a whole number from 1 to ${most}`, maxTokens);
  }
  return maxTokens;
}
