import { yieldToHost } from "../async/yield-to-host.ts";
import type { TranscribeProgress } from "../results.ts";

export interface RecognitionHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: TranscribeProgress) => void;
}

/** Shares of a window's work, where each of its stages begins. */
const FROM = { features: 0, encode: 0.05, decode: 0.6, end: 1 } as const;

/** How far a recording is, and where an abort arrives. */
export class Progress {
  /** Of the finished windows. */
  text = "";
  /** Of audio that will be recognised. */
  totalSeconds = 0;
  readonly #hooks: RecognitionHooks;
  #window = { start: 0, end: 0 };
  #fraction = 0;

  constructor(hooks: RecognitionHooks) {
    this.#hooks = hooks;
  }

  /** Seconds of audio that are finished. */
  get doneSeconds(): number {
    return this.#window.start;
  }

  /** The next window: seconds of the audio to be recognised, not times in the recording. */
  enter(start: number, end: number): void {
    this.#window = { start, end };
  }

  /**
   * Lets an abort arrive, then tells how far it is.
   *
   * @param share 0..1 of the stage's work in this window
   * @param text recognised in this window so far
   * @throws the signal's reason
   */
  async step(status: TranscribeProgress["status"], share: number, text = ""): Promise<void> {
    await yieldToHost();
    this.#hooks.signal?.throwIfAborted();
    const to = { features: FROM.encode, encode: FROM.decode, decode: FROM.end }[status];
    this.#report(status, FROM[status] + (to - FROM[status]) * share, text);
  }

  /** All is done. */
  finish(): void {
    this.enter(this.totalSeconds, this.totalSeconds);
    this.#report("decode", 1, "");
  }

  #report(status: TranscribeProgress["status"], share: number, text: string): void {
    const { start, end } = this.#window;
    const { totalSeconds } = this;
    const done = totalSeconds > 0 ? (start + (end - start) * share) / totalSeconds : 1;
    // A window that is decoded again, or that the next one overlaps, does not take anything back.
    this.#fraction = Math.max(this.#fraction, Math.min(1, done));
    this.#hooks.onProgress?.({
      status,
      fraction: this.#fraction,
      text: (this.text + text).trim(),
      doneSeconds: start,
      totalSeconds,
    });
  }
}
