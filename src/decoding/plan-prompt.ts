import type { GenerationConfig } from "../checkpoint/generation-config.ts";
import { OptionError } from "../errors.ts";
import { checkIds } from "../options/check-ids.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/**
 * What the decoder is fed before it samples, and where in it the start-of-transcript token is:
 * prompt, start sequence, prefix.
 *
 * @param maxTokens most tokens to sample
 * @throws OptionError for what is impossible with this model or does not fit its context
 */
export function planPrompt(
  options: DecodingOptions,
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
    const message = `prompt and prefix: expected at most ${generation.contextLength} tokens in all, found ${initialTokens.length}. Shorten them.`;
    throw new OptionError(message, {
      expected: generation.contextLength,
      found: initialTokens.length,
    });
  }
  return { initialTokens, startIndex: prompt.length };
}

/** Whether the model is asked for timestamp tokens; words get their times from within segments. */
export function wantsTimestamps({ timestamps = "none" }: DecodingOptions): boolean {
  return timestamps !== "none";
}

/** Tokens of a prompt that the model sees. */
export function promptRoom({ contextLength }: GenerationConfig): number {
  return Math.floor(contextLength / 2) - 1;
}

/** The start of a transcript: start token, and where there are several languages, language and task. */
export function startTokens(
  { task = "transcribe" }: DecodingOptions,
  language: string | null,
  { special, languages }: Tokenizer,
  { isMultilingual }: GenerationConfig,
): number[] {
  if (!isMultilingual) return [special.startOfTranscript];
  const taskToken = special[task];
  if (taskToken === null) {
    throw new OptionError(`task: this model has no token for "${task}".`, { found: task });
  }
  return [special.startOfTranscript, languages.get(language!)!, taskToken];
}

function startSequence(
  options: DecodingOptions,
  language: string | null,
  tokenizer: Tokenizer,
  generation: GenerationConfig,
): number[] {
  const { special } = tokenizer;
  const tokens = startTokens(options, language, tokenizer, generation);
  if (!wantsTimestamps(options)) return [...tokens, special.noTimestamps];
  if (special.timestampBegin !== null) return tokens;
  throw new OptionError(
    'timestamps: this model has no timestamp tokens. Use timestamps "none", or another model.',
    { expected: "none", found: options.timestamps },
  );
}

/** The last tokens of the prompt that there is room for, behind the start-of-previous token. */
function promptTokens(
  { prompt = [] }: DecodingOptions,
  { special, vocabSize }: Tokenizer,
  generation: GenerationConfig,
): number[] {
  if (prompt.length === 0) return [];
  checkIds(prompt, "prompt", vocabSize);
  if (special.startOfPrev === null) {
    throw new OptionError("prompt: this model has no token for a prompt. Leave it out.");
  }
  return [special.startOfPrev, ...lastOf(prompt, promptRoom(generation))];
}

/** The last n_text_ctx / 2 - maxTokens tokens; all of them when that is 0, as the reference has it. */
function prefixTokens(
  { prefix = [] }: DecodingOptions,
  { vocabSize }: Tokenizer,
  { contextLength }: GenerationConfig,
  maxTokens: number,
): number[] {
  checkIds(prefix, "prefix", vocabSize);
  const room = Math.floor(contextLength / 2) - maxTokens;
  return room === 0 ? [...prefix] : lastOf(prefix, room);
}

function lastOf(tokens: readonly number[], count: number): number[] {
  return tokens.slice(Math.max(0, tokens.length - count));
}
