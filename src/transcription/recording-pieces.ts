import type { Segment, StreamEvent } from "../results.ts";
import type { HeardWindow } from "./heard-window.ts";

/** Pauses between segments are told from this length on, seconds. */
const SHORTEST_SILENCE = 0.5;

/** Windows of a recording as events, in the order of the audio. */
export class RecordingPieces {
  /** All final text so far, without white space before it. */
  text = "";
  /** Where the last event ends, seconds. */
  end = 0;
  readonly #framesPerSecond: number;
  readonly #isWhole: boolean;

  /** @param isWhole whether what is not in a window was left out because nobody speaks there */
  constructor(framesPerSecond: number, isWhole: boolean) {
    this.#framesPerSecond = framesPerSecond;
    this.#isWhole = isWhole;
  }

  /** A finished window and its segments; those without text are not told. */
  window({ seek, frameCount }: HeardWindow, segments: readonly Segment[]): StreamEvent[] {
    if (!this.#isWhole) this.end = Math.max(this.end, seek / this.#framesPerSecond);
    const spoken = segments.filter(({ text }) => text !== "");
    if (spoken.length === 0) return this.#silence((seek + frameCount) / this.#framesPerSecond);
    return spoken.flatMap((segment) => {
      const silence = this.#silence(segment.start);
      this.text = (this.text + segment.text).trimStart();
      this.end = Math.max(this.end, segment.end);
      return [...silence, { status: "final", segment } as const];
    });
  }

  /** What is left of the recording after the last window. */
  rest(duration: number): StreamEvent[] {
    return this.#isWhole ? this.#silence(duration) : [];
  }

  /** Nobody spoke since the last event. */
  #silence(end: number): StreamEvent[] {
    const start = this.end;
    if (end - start < SHORTEST_SILENCE) return [];
    this.end = end;
    return [{ status: "silence", start, end }];
  }
}
