/** The decoder of one window as decoding sees it; the model's DecodingState is one. */
export interface WindowDecoder {
  /** n_text_ctx: most tokens that can be fed. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /**
   * Feeds tokens after those fed before; for each of `rows` (indices into `tokens`) the logits of
   * what follows that token, [vocabSize], which are the caller's to change.
   */
  feed(tokens: readonly number[], rows: readonly number[]): Float32Array[];
  /** Forgets every token fed; the audio stays. */
  reset(): void;
}
