import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import { refuse, refuseValue, TokenizerError } from "../errors.ts";
import { resolveOptions } from "../options/check-options.ts";
import type { ResolvedOptions } from "../options/option-table.ts";
import type { DecodingOptions } from "../options/options.ts";
import { findLanguageCode, nearestLanguages } from "../tokenizer/languages.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import { type LogitRule, logitRules } from "./logit-rules.ts";
import { planPrompt, promptRoom } from "./plan-prompt.ts";
import { roundHalfToEven } from "./round-half-to-even.ts";

/** How a window's text is searched for at one temperature. */
export type Attempt =
  | { readonly search: "greedy"; readonly temperature: 0 }
  | {
      readonly search: "beam";
      readonly temperature: 0;
      readonly beamSize: number;
      /** Hypotheses that end the search when they are finished. */
      readonly mostFinished: number;
    }
  | { readonly search: "sampling"; readonly temperature: number; readonly samples: number };

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
    const known = [...tokenizer.languages.keys()];
    const nearest = nearestLanguages(language, known).join(", ");
    throw refuseValue(
      "language",
      `one of the model's ${known.length}, such as ${nearest}`,
      language,
    );
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

/**
 * The attempts that options ask for, in their order (whisper/transcribe.py, decode_with_fallback):
 * beamSize and patience count at temperature 0, bestOf above.
 */
function planAttempts(options: ResolvedOptions): Attempt[] {
  const { temperature, beamSize, patience, bestOf } = options;
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  return temperatures.map((each): Attempt => {
    if (each > 0) return { search: "sampling", temperature: each, samples: bestOf };
    if (beamSize === undefined) return { search: "greedy", temperature: 0 };
    // max_candidates (whisper/decoding.py)
    const mostFinished = roundHalfToEven(beamSize * patience);
    return { search: "beam", temperature: 0, beamSize, mostFinished };
  });
}

/** How many sequences a decoder must be opened with: as many as an attempt decodes side by side. */
export function sequencesNeeded(options: DecodingOptions): number {
  const sequences = planAttempts(resolveOptions(options)).map((attempt) => {
    if (attempt.search === "greedy") return 1;
    return attempt.search === "beam" ? attempt.beamSize : attempt.samples;
  });
  return Math.max(...sequences);
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
