/** Whether the machine keeps up with live audio, and what it leaves out where it does not. */

/** So many slow hypotheses in a row are no accident, such as code that is not compiled yet. */
const slowInARow = 2;

export class CaptionPace {
  readonly #interval: number;
  /** Seconds of wall clock that the last hypothesis took. */
  #took = 0;
  #slowCount = 0;
  #hasWarned = false;

  /** @param interval Seconds of audio from one partial text to the next. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /**
   * Whether there is time for partial text.
   *
   * @param newSeconds Audio that no hypothesis had yet.
   * @param room Seconds of audio until the next hypothesis cannot wait.
   */
  allowsPartial(newSeconds: number, room: number): boolean {
    if (newSeconds < this.#interval) return false;
    // Partial text must not make the final text late.
    return !this.isBehind || (newSeconds >= this.#took && room >= this.#took);
  }

  /**
   * A hypothesis has come.
   *
   * @param took Seconds of wall clock.
   * @returns what to warn of, once in a stream: hypotheses take longer than the interval
   */
  learn(took: number): string | undefined {
    this.#took = took;
    this.#slowCount = took > this.#interval ? this.#slowCount + 1 : 0;
    if (!this.isBehind || this.#hasWarned) return undefined;
    this.#hasWarned = true;
    return `This machine cannot keep up: it took ${took.toFixed(1)} s to recognise the last few words, and partial text is due every ${this.#interval} s. Some of it is skipped, no audio is. A smaller model, or more threads, would be in time.`;
  }

  /** Whether hypotheses take longer than the interval. */
  get isBehind(): boolean {
    return this.#slowCount >= slowInARow;
  }
}
