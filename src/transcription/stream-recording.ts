import { OptionError } from "../errors.ts";
import type { DecodingOptions, LiveOptions } from "../options/options.ts";
import type { Segment, StreamEvent } from "../results.ts";
import type { RecognitionEvent } from "./heard-window.ts";
import type { RecognitionHooks } from "./progress.ts";
import { RecordingPieces } from "./recording-pieces.ts";

/** What hears a recording: a Recogniser, or a stand-in for one. */
export interface RecordingListener {
  /** Log-mel frames. */
  readonly framesPerSecond: number;
  recognise(
    samples: Float32Array,
    options: DecodingOptions,
    hooks: RecognitionHooks,
  ): AsyncGenerator<RecognitionEvent>;
}

/**
 * Recognises a recording event by event: segments as soon as they are final, partial text of the window
 * at work meanwhile, silence where there is no text. What is finished at once is one item.
 *
 * While nobody asks, the work goes on to the end of its window and waits there. Whoever stops listening
 * stops it within one encoder layer or decoder step; so does the signal, once what is finished is told.
 *
 * @throws as Recogniser.recognise
 */
export async function* streamRecording(
  listener: RecordingListener,
  samples: Float32Array,
  { interval, maxLatency, ...options }: DecodingOptions & LiveOptions,
  { signal, onProgress }: RecognitionHooks = {},
): AsyncGenerator<readonly StreamEvent[], undefined, undefined> {
  for (const [name, value] of Object.entries({ interval, maxLatency })) {
    if (value === undefined) continue;
    const message = `${name}: this is for live sources; the source is a recording. Leave it out.`;
    throw new OptionError(message, { found: value });
  }
  signal?.throwIfAborted();
  const work = new AbortController();
  const forward = () => work.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });

  const pieces = new RecordingPieces(
    listener.framesPerSecond,
    options.clipTimestamps === undefined,
  );
  const partial = new PartialText();
  const events = listener.recognise(samples, options, {
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
  #told = "";
  #wake = () => {};

  set(text: string): void {
    this.#text = text;
    this.#wake();
  }

  clear(): void {
    this.#text = "";
    this.#told = "";
  }

  /** The newest text, as soon as it differs from the last one; unless `finished` settles before. */
  unless<Result>(finished: Promise<Result>): Promise<Result | string> {
    return new Promise((resolve, reject) => {
      finished.then(resolve, reject);
      this.#wake = () => {
        if (this.#text === "" || this.#text === this.#told) return;
        this.#wake = () => {};
        // After what is finished already, which comes first.
        queueMicrotask(() => resolve(this.#tell()));
      };
      this.#wake();
    });
  }

  #tell(): string {
    this.#told = this.#text;
    return this.#text;
  }
}
