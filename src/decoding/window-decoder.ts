/**
 * Logits of what follows one token; the model's Logits are such. They lie in the decoder's memory:
 * valid until it is fed again.
 */
export interface Logits {
  /** [vocabSize], to be changed in place. */
  readonly values: Float32Array;
  /** The largest of values[from, to); -Infinity of none. */
  maximum(from?: number, to?: number): number;
  /** Index of the largest value, the first of equals. */
  argMax(): number;
  /** Indices of the `count` largest values, the largest first; fewer where the others are masked. */
  largest(count: number): number[];
  /** log(sum(exp(x))) of values[from, to); -Infinity when all are masked. */
  logSumExp(from?: number, to?: number): number;
  /** sum(exp(factor (x - maximum))) of values[from, to), of which none is above `maximum`. */
  sumExp(from: number, to: number, maximum: number, factor: number): number;
}

/** Tokens fed to one sequence after those fed before. */
export interface Feeding {
  readonly sequence: number;
  readonly tokens: readonly number[];
  /** Which of `tokens` (indices) to give logits for. */
  readonly rows: readonly number[];
}

/**
 * The decoder of one window, or of several together, as decoding sees it; the model's DecodingState
 * is one.
 */
export interface WindowDecoder {
  /** n_text_ctx: most tokens that can be fed to a sequence. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /** Sequences of each window: window w has those from w * sequences on. */
  readonly sequences: number;
  /** Feeds one sequence; for each of `rows` the logits of what follows that token. */
  feed(tokens: readonly number[], rows: readonly number[], sequence?: number): Logits[];
  /** Feeds several sequences at once; the logits of all their rows, feeding by feeding. */
  pass(feedings: readonly Feeding[]): Logits[];
  /** Sequence first + i becomes what sequence sources[i] was; all are of one window. */
  reorder(sources: readonly number[], first: number): void;
  /** Forgets every token fed; the audio stays. */
  reset(): void;
}
