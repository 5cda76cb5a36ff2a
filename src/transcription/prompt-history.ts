/** Above this temperature a window's text is no prompt for the next (whisper/transcribe.py). */
const TRUSTED_TEMPERATURE = 0.5;

export interface PromptOptions {
  /** Tokens of a prompt that the model sees: n_text_ctx / 2 - 1. */
  readonly room: number;
  /** Repeat the initial prompt in front of every window's. */
  readonly carried: boolean;
  /** Whether a window is prompted with the text before it. */
  readonly conditions: boolean;
}

/** The prompt of the next window of a recording: the text before it (whisper/transcribe.py). */
export class PromptHistory {
  readonly #initial: readonly number[];
  readonly #options: PromptOptions;
  /** Tokens since the last reset; the initial prompt is the oldest of them. */
  #tokens: number[];

  /** @param initial tokens of the text before the recording, at most `room` */
  constructor(initial: readonly number[], options: PromptOptions) {
    this.#initial = initial;
    this.#options = options;
    this.#tokens = options.carried ? [] : [...initial];
  }

  /** The prompt of the next window; the model sees the last `room` tokens of it. */
  get prompt(): readonly number[] {
    if (!this.#options.carried) return this.#tokens;
    // The reference, when the initial prompt alone fills the room, lets all text push it out.
    const left = Math.max(0, this.#options.room - this.#initial.length);
    return [...this.#initial, ...this.#tokens.slice(Math.max(0, this.#tokens.length - left))];
  }

  /**
   * The window before the next has text.
   *
   * @param tokens of its kept segments, timestamps included
   * @param temperature at which they were sampled
   */
  add(tokens: readonly number[], temperature: number): void {
    for (const token of tokens) this.#tokens.push(token);
    // All is forgotten but a carried initial prompt.
    if (!this.#options.conditions || temperature > TRUSTED_TEMPERATURE) this.#tokens = [];
  }
}
