/** What the next window of a recording is told of the text before it (whisper/transcribe.py). */
export class PromptHistory {
  readonly #initial: readonly number[];
  readonly #carried: boolean;
  readonly #room: number;
  /** Tokens since the last reset; the initial prompt is the oldest of them. */
  #tokens: number[];

  /**
   * @param initial tokens of the text before the recording, at most `room`
   * @param options.room tokens of a prompt that the model sees: n_text_ctx / 2 - 1
   * @param options.carried repeat the initial prompt in front of every window's
   */
  constructor(
    initial: readonly number[],
    { room, carried }: { readonly room: number; readonly carried: boolean },
  ) {
    this.#initial = initial;
    this.#carried = carried;
    this.#room = room;
    this.#tokens = carried ? [] : [...initial];
  }

  /** The prompt of the next window; the model sees the last `room` tokens of it. */
  get prompt(): readonly number[] {
    if (!this.#carried) return this.#tokens;
    // The reference, when the initial prompt alone fills the room, lets all text push it out.
    const left = Math.max(0, this.#room - this.#initial.length);
    return [...this.#initial, ...this.#tokens.slice(Math.max(0, this.#tokens.length - left))];
  }

  /** The tokens of a window's kept segments, timestamps included. */
  add(tokens: readonly number[]): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  /** Forgets all but a carried initial prompt. */
  reset(): void {
    this.#tokens = [];
  }
}
