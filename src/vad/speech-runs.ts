/** Frames with and without sound -> stretches of speech, by how long sounds and pauses last. */

/** From `start` to before `end`. */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

export interface RunLimits {
  /** Shorter sounds are no speech; frames. */
  readonly minSpeech: number;
  /** Shorter pauses do not end a stretch; frames. */
  readonly minSilence: number;
}

/** Longest pause within one sound, such as a closed mouth; frames. */
const bridgedPause = 5;

/** Takes one frame after another; what it keeps does not grow. */
export class SpeechRuns {
  readonly #limits: RunLimits;
  #frame = 0;
  /** The sound that may be speech; its end is where it was last heard. */
  #run: { start: number; end: number } | undefined;
  /** The stretch that may go on. */
  #open: { start: number; end: number } | undefined;

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** The stretch that goes on, as far as it is known. */
  get open(): FrameRange | undefined {
    return this.#open;
  }

  /** No stretch begins before this frame, but for those told and the open one. */
  get silentUntil(): number {
    return this.#run?.start ?? this.#frame;
  }

  /** @returns The stretch of which this frame shows that it has ended. */
  push(isSound: boolean): FrameRange | undefined {
    const frame = this.#frame++;
    if (isSound) {
      this.#run ??= { start: frame, end: frame };
      this.#run.end = frame + 1;
    } else if (this.#run && frame - this.#run.end >= bridgedPause) {
      this.#run = undefined;
    }
    const ended = this.#endedBy(this.#run?.start ?? frame + 1);
    if (this.#run && this.#run.end - this.#run.start >= this.#limits.minSpeech) {
      this.#open ??= { start: this.#run.start, end: this.#run.end };
      this.#open.end = this.#run.end;
    }
    return ended;
  }

  /** @returns The stretch that the end of the recording ends. */
  finish(): FrameRange | undefined {
    const last = this.#open;
    this.#open = undefined;
    return last;
  }

  /** The open stretch, if a sound that begins at `next` would be too late to belong to it. */
  #endedBy(next: number): FrameRange | undefined {
    if (!this.#open || next - this.#open.end < this.#limits.minSilence) return undefined;
    const ended = this.#open;
    this.#open = undefined;
    return ended;
  }
}
