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
  /** log(sum(exp(x))) of values[from, to); -Infinity when all are masked. */
  logSumExp(from?: number, to?: number): number;
}

/** The decoder of one window as decoding sees it; the model's DecodingState is one. */
export interface WindowDecoder {
  /** n_text_ctx: most tokens that can be fed. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /**
   * Feeds tokens after those fed before; for each of `rows` (indices into `tokens`) the logits of
   * what follows that token.
   */
  feed(tokens: readonly number[], rows: readonly number[]): Logits[];
  /** Forgets every token fed; the audio stays. */
  reset(): void;
}
