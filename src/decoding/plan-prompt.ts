import { OptionError } from "../errors.ts";
import { checkIds } from "../options/check-ids.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { DecodingFacts } from "./decoding-plan.ts";

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
  facts: DecodingFacts,
  maxTokens: number,
): { initialTokens: number[]; startIndex: number } {
  const start = startSequence(options, language, tokenizer, facts);
  const prompt = promptTokens(options, tokenizer, facts);
  const prefix = prefixTokens(options, tokenizer, facts, maxTokens);
  const initialTokens = [...prompt, ...start, ...prefix];
  if (initialTokens.length > facts.contextLength) {
    const message = `prompt and prefix: expected at most ${facts.contextLength} tokens in all, found ${initialTokens.length}. Shorten them.`;
    throw new OptionError(message, { expected: facts.contextLength, found: initialTokens.length });
  }
  return { initialTokens, startIndex: prompt.length };
}

/** Whether the model is asked for timestamp tokens; words get their times from within segments. */
export function wantsTimestamps({ timestamps = "none" }: DecodingOptions): boolean {
  return timestamps !== "none";
}

/** Tokens of a prompt that the model sees. */
export function promptRoom({ contextLength }: DecodingFacts): number {
  return Math.floor(contextLength / 2) - 1;
}

function startSequence(
  options: DecodingOptions,
  language: string | null,
  { special, languages }: Tokenizer,
  { isMultilingual }: DecodingFacts,
): number[] {
  const { task = "transcribe", timestamps } = options;
  const withTimestamps = wantsTimestamps(options);
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
      { expected: "none", found: timestamps },
    );
  }
  return tokens;
}

/** The last tokens of the prompt that there is room for, behind the start-of-previous token. */
function promptTokens(
  { prompt = [] }: DecodingOptions,
  { special, vocabSize }: Tokenizer,
  facts: DecodingFacts,
): number[] {
  if (prompt.length === 0) return [];
  checkIds(prompt, "prompt", vocabSize);
  if (special.startOfPrev === null) {
    throw new OptionError("prompt: this model has no token for a prompt. Leave it out.");
  }
  return [special.startOfPrev, ...lastOf(prompt, promptRoom(facts))];
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
