import type { AlignmentHead } from "../checkpoint/generation-config.ts";
import { logTotal } from "../decoding/log-total.ts";
import type { Logits } from "../decoding/window-decoder.ts";
import { splitWords } from "../tokenizer/split-words.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { AlignmentMatrix } from "./alignment-matrix.ts";
import { warp } from "./dtw.ts";

/** One pass of the decoder over tokens that are known already. */
export interface AlignmentPass {
  /** Heads whose scores are wanted, by layer. */
  readonly heads: readonly AlignmentHead[];
  /** How many encoder positions to look at, from the first. */
  readonly positions: number;
  /**
   * Called for each head, in their order: scores F32 [tokens, positions], queries times keys over the
   * square root of the head's size, up to a constant for each token. Valid during the call.
   */
  readonly onScores: (scores: Float32Array) => void;
  /** Tokens (indices) whose logits are wanted. */
  readonly rows: readonly number[];
  /** Called for each of `rows`, in their order. Valid during the call. */
  readonly onLogits: (logits: Logits, row: number) => void;
  /** Called between pieces of work; may yield, may throw to stop. */
  readonly onStep: () => Promise<void>;
}

/** The decoder as alignment sees it; the model's DecodingState is one. */
export interface AlignmentDecoder {
  /** Runs a pass of its own: what was fed before stays as it is. */
  align(tokens: readonly number[], pass: AlignmentPass): Promise<void>;
}

export interface AlignmentOptions {
  readonly tokenizer: Tokenizer;
  /** Whisper's code; null for models that name none. */
  readonly language: string | null;
  /** Start, language and task token that the text was decoded with; no prompt. */
  readonly startTokens: readonly number[];
  readonly heads: readonly AlignmentHead[];
  /** Encoder positions that hold audio: half of the window's log-mel frames, rounded down. */
  readonly positions: number;
  /** Encoder positions in a second of audio. */
  readonly positionsPerSecond: number;
  /** Positions around each over which medians are taken, odd; default 7. */
  readonly medianWidth?: number;
  /** Factor of the scores before the softmax; default 1. */
  readonly scoreScale?: number;
  readonly onStep?: () => Promise<void>;
}

/** When a word is spoken: seconds from the window's start. */
export interface WordTiming {
  /** The space before it included. */
  readonly word: string;
  readonly tokens: readonly number[];
  readonly start: number;
  readonly end: number;
  /** Mean probability of its tokens. */
  readonly probability: number;
}

/**
 * When each word of a decoded window is spoken, by where the alignment heads look
 * (whisper/timing.py, find_alignment).
 *
 * @param textTokens without timestamps and other markers
 * @throws OptionError for more tokens than the model's text context holds
 * @throws ModelError when the logits are not numbers
 */
export async function findAlignment(
  decoder: AlignmentDecoder,
  textTokens: readonly number[],
  options: AlignmentOptions,
): Promise<WordTiming[]> {
  const { tokenizer, language, positionsPerSecond } = options;
  const { endOfText } = tokenizer.special;
  const words = splitWords(tokenizer, [...textTokens, endOfText], language);
  // The last is end-of-text; or, where the text ends in broken characters, a word without an end.
  words.pop();
  if (words.length === 0) return [];
  const { starts, probabilities } = await alignTokens(decoder, textTokens, options);
  let from = 0;
  return words.map(({ word, tokens }) => {
    const to = from + tokens.length;
    const timing = {
      word,
      tokens,
      start: starts[from]! / positionsPerSecond,
      end: starts[to]! / positionsPerSecond,
      probability: mean(probabilities.slice(from, to)),
    };
    from = to;
    return timing;
  });
}

/** What alignment finds of each token of a text. */
export interface AlignedTokens {
  /** Encoder position where each token begins; one more than there are: end-of-text. */
  readonly starts: readonly number[];
  /** Of each token among all of text. */
  readonly probabilities: readonly number[];
}

/** The part of findAlignment before words: `textTokens` is not empty. */
export async function alignTokens(
  decoder: AlignmentDecoder,
  textTokens: readonly number[],
  options: AlignmentOptions,
): Promise<AlignedTokens> {
  const { tokenizer, startTokens, heads, positions, medianWidth, scoreScale } = options;
  const { endOfText, noTimestamps } = tokenizer.special;
  const tokens = [...startTokens, noTimestamps, ...textTokens, endOfText];
  // The row of a token is the one that predicts it; the last predicts end-of-text.
  const rows = { from: startTokens.length, to: tokens.length - 1 };
  const matrix = new AlignmentMatrix(tokens.length, positions, rows, { medianWidth, scoreScale });
  const probabilities: number[] = [];
  await decoder.align(tokens, {
    heads,
    positions,
    onScores: (scores) => matrix.add(scores),
    rows: textTokens.map((_, i) => rows.from + i),
    onLogits: (logits, row) => {
      probabilities.push(textProbability(logits, tokens[row + 1]!, endOfText));
    },
    onStep: options.onStep ?? (async () => {}),
  });
  return { starts: findStarts(matrix, textTokens.length + 1), probabilities };
}

/** Among the ids below end-of-text, which is where Whisper's text ends; ids a fine-tune added come on top. */
function textProbability(logits: Logits, token: number, endOfText: number): number {
  logTotal(logits); // refuses NaN
  const total = logits.logSumExp(0, endOfText);
  const logit = logits.values[token]!;
  return token < endOfText ? Math.exp(logit - total) : 1 / (1 + Math.exp(total - logit));
}

/** The first position of each row along the cheapest path. */
function findStarts(matrix: AlignmentMatrix, rows: number): number[] {
  // One position cannot tell tokens apart: the reference divides 0 by 0 and comes out before it.
  if (matrix.positions < 2) return new Array(rows).fill(-1);
  const path = warp(matrix.costs(), rows, matrix.positions);
  const starts: number[] = [];
  for (const [step, row] of path.rows.entries()) {
    if (row === starts.length) starts.push(path.columns[step]!);
  }
  return starts;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
