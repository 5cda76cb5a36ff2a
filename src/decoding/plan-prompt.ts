import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import { refuse, refuseValue } from "../errors.ts";
import type { ResolvedOptions } from "../options/option-table.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/**
 * What the decoder is fed before it samples, and where in it the start-of-transcript token is:
 * prompt, start sequence, prefix.
 *
 * @param maxTokens most tokens to sample
 * @throws OptionError for what is impossible with this model or does not fit its context
 */
export function planPrompt(
  options: ResolvedOptions,
  language: string | null,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
  maxTokens: number,
): { initialTokens: number[]; startIndex: number } {
  const start = startSequence(options, language, tokenizer, generation);
  const prompt = promptTokens(options, tokenizer, generation);
  const prefix = prefixTokens(options, tokenizer, generation, maxTokens);
  const initialTokens = [...prompt, ...start, ...prefix];
  if (initialTokens.length > generation.contextLength) {
    throw refuse(
      "prompt and prefix",
      `expected at most ${generation.contextLength} tokens in all, found ${initialTokens.length}. Shorten them.`,
      { expected: generation.contextLength, found: initialTokens.length },
    );
  }
  return { initialTokens, startIndex: prompt.length };
}

/** Whether the model is asked for timestamp tokens; words get their times from within segments. */
export function wantsTimestamps({ timestamps }: ResolvedOptions): boolean {
  return timestamps !== "none";
}

/** Tokens of a prompt that the model sees. */
export function promptRoom({ contextLength }: GenerationConfig): number {
  return Math.floor(contextLength / 2) - 1;
}

/** The start of a transcript: start token, and where there are several languages, language and task. */
export function startTokens(
  { task }: ResolvedOptions,
  language: string | null,
  { special, languages }: Tokenizer,
  { isMultilingual }: GenerationConfig,
): number[] {
  if (!isMultilingual) return [special.startOfTranscript];
  const taskToken = special[task];
  if (taskToken === null) {
    throw refuse("task", `this model has no token for "${task}".`, { found: task });
  }
  return [special.startOfTranscript, languages.get(language!)!, taskToken];
}

/** @throws OptionError that names the first id outside the vocabulary */
export function checkIds(option: string, ids: readonly number[], vocabSize: number): void {
  const stranger = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (stranger === undefined) return;
  throw refuseValue(option, `token ids from 0 to ${vocabSize - 1}`, stranger);
}

function startSequence(
  options: ResolvedOptions,
  language: string | null,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
): number[] {
  const { special } = tokenizer;
  const tokens = startTokens(options, language, tokenizer, generation);
  if (!wantsTimestamps(options)) return [...tokens, special.noTimestamps];
  if (special.timestampBegin !== null) return tokens;
  throw refuse(
    "timestamps",
    'this model has no timestamp tokens. Use timestamps "none", or another model.',
    { expected: "none", found: options.timestamps },
  );
}

/** The last tokens of the prompt that there is room for, behind the start-of-previous token. */
function promptTokens(
  { prompt }: ResolvedOptions,
  { special, vocabSize }: Tokenizer,
  generation: GenerationConfig,
): number[] {
  if (prompt.length === 0) return [];
  checkIds("prompt", prompt, vocabSize);
  if (special.startOfPrev === null) {
    throw refuse("prompt", "this model has no token for a prompt. Leave it out.");
  }
  return [special.startOfPrev, ...lastOf(prompt, promptRoom(generation))];
}

/** The last n_text_ctx / 2 - maxTokens tokens; all of them when that is 0, as the reference has it. */
function prefixTokens(
  { prefix }: ResolvedOptions,
  { vocabSize }: Tokenizer,
  { contextLength }: GenerationConfig,
  maxTokens: number,
): number[] {
  checkIds("prefix", prefix, vocabSize);
  const room = Math.floor(contextLength / 2) - maxTokens;
  return room === 0 ? [...prefix] : lastOf(prefix, room);
}

function lastOf(tokens: readonly number[], count: number): number[] {
  return tokens.slice(Math.max(0, tokens.length - count));
}
