import type { ReadWindow } from "./read-window.ts";

/** Above this temperature a window's text is no prompt for the next (whisper/transcribe.py). */
const TRUSTED_TEMPERATURE = 0.5;

export interface PromptOptions {
  /** Tokens of a prompt that the model sees: n_text_ctx / 2 - 1. */
  readonly room: number;
  /** Repeat the initial prompt in front of every window's. */
  readonly carried: boolean;
  /** Whether a window is told of the text before it. */
  readonly conditions: boolean;
}

/** What the next window of a recording is told of the text before it (whisper/transcribe.py). */
export class PromptHistory {
  readonly #initial: readonly number[];
  readonly #carried: boolean;
  readonly #conditions: boolean;
  readonly #room: number;
  /** Tokens since the last reset; the initial prompt is the oldest of them. */
  #tokens: number[];

  /** @param initial tokens of the text before the recording, at most `room` */
  constructor(initial: readonly number[], { room, carried, conditions }: PromptOptions) {
    this.#initial = initial;
    this.#conditions = conditions;
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

  /** The window before the next: the tokens of its kept segments, timestamps included. */
  add({ heard, again }: Pick<ReadWindow, "heard" | "again">): void {
    if (!heard.isSpeech || again) return;
    for (const token of heard.tokens) this.#tokens.push(token);
    const isTrusted = heard.decoded.temperature <= TRUSTED_TEMPERATURE;
    // All is forgotten but a carried initial prompt.
    if (!this.#conditions || !isTrusted) this.#tokens = [];
  }
}
