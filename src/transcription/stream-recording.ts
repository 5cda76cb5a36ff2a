import { refuse } from "../errors.ts";
import type { DecodingOptions, LiveOptions } from "../options/options.ts";
import type { Segment, StreamEvent } from "../results.ts";
import type { RecognitionHooks } from "./progress.ts";
import type { WindowResult } from "./read-window.ts";
import type { Recogniser, RecognitionEvent } from "./recogniser.ts";

/** Pauses between segments are events from this length on, seconds. */
const SHORTEST_SILENCE = 0.5;

/**
 * Recognises a recording event by event: segments as soon as they are final, partial text of the window
 * at work meanwhile, silence where there is no text. What is finished at once is one item.
 *
 * While nobody asks, the work goes on to the end of its window and waits there. Whoever stops listening
 * stops it within one encoder layer or decoder step; so does the signal, once what is finished is given.
 *
 * @throws as Recogniser.recognise
 */
export async function* streamRecording(
  recogniser: Pick<Recogniser, "loaded" | "recognise">,
  samples: Float32Array,
  { interval, maxLatency, ...options }: DecodingOptions & LiveOptions,
  { signal, onProgress }: RecognitionHooks = {},
): AsyncGenerator<readonly StreamEvent[], undefined, undefined> {
  for (const [name, value] of Object.entries({ interval, maxLatency })) {
    if (value === undefined) continue;
    throw refuse(name, "this is for live sources; the source is a recording. Leave it out.", {
      found: value,
    });
  }
  signal?.throwIfAborted();
  const work = new AbortController();
  const forward = () => work.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });

  const { sampleRate, hopLength } = recogniser.loaded.description.features;
  const isWhole = options.clipTimestamps === undefined;
  const pieces = new RecordingPieces(sampleRate / hopLength, isWhole);
  const partial = new PartialText();
  const events = recogniser.recognise(samples, options, {
    signal: work.signal,
    onProgress: (progress) => {
      partial.set(progress.text.slice(pieces.text.length));
      onProgress?.(progress);
    },
  });
  let finished = nextEvents(events, pieces);
  try {
    for (;;) {
      const items = await partial.unless(finished);
      if (typeof items === "string") {
        if (!work.signal.aborted) yield [{ status: "partial", text: items, start: pieces.end }];
        continue;
      }
      partial.clear();
      if (items.length > 0) yield items;
      if (items.at(-1)?.status === "done") return undefined;
      finished = nextEvents(events, pieces);
    }
  } finally {
    work.abort();
    // The engine is free when its step is over.
    await finished.catch(() => {});
    await events.return(undefined);
    signal?.removeEventListener("abort", forward);
  }
}

/** Windows of a recording as events, in the order of the audio. */
class RecordingPieces {
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

  /** A finished window and its segments; those without text are no events. */
  window({ seek, frameCount }: WindowResult, segments: readonly Segment[]): StreamEvent[] {
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

/** Everything of the next finished window, or the end. */
async function nextEvents(
  events: AsyncGenerator<RecognitionEvent>,
  pieces: RecordingPieces,
): Promise<readonly StreamEvent[]> {
  const segments: Segment[] = [];
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error("Recognition ended without a transcript.");
    switch (value.status) {
      case "segment":
        segments.push(value.segment);
        break;
      case "window":
        return pieces.window(value.window, segments);
      case "done": {
        const { transcript } = value;
        const { language, duration } = transcript;
        return [...pieces.rest(duration), { status: "done", language, duration, transcript }];
      }
    }
  }
}

/** The newest text of the window at work; what nobody asked for in time is forgotten. */
class PartialText {
  #text = "";
  #emitted = "";
  #wake = () => {};

  set(text: string): void {
    this.#text = text;
    this.#wake();
  }

  clear(): void {
    this.#text = "";
    this.#emitted = "";
  }

  /** The newest text, as soon as it differs from the last one; unless `finished` settles before. */
  unless<Result>(finished: Promise<Result>): Promise<Result | string> {
    return new Promise((resolve, reject) => {
      finished.then(resolve, reject);
      this.#wake = () => {
        if (this.#text === "" || this.#text === this.#emitted) return;
        this.#wake = () => {};
        // After what is finished already, which comes first.
        queueMicrotask(() => resolve(this.#emit()));
      };
      this.#wake();
    });
  }

  #emit(): string {
    this.#emitted = this.#text;
    return this.#text;
  }
}
