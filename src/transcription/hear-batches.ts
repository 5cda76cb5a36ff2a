import type { AlignmentDecoder } from "../decoding/find-alignment.ts";
import { RecordingLogMel } from "../features/recording-log-mel.ts";
import type { HeardWindow } from "./heard-window.ts";
import { type FrameRange, quietFrame } from "./quiet-cut.ts";
import { type Cutting, type ReadWindow, readWindow } from "./read-window.ts";
import type { SpeechWindow } from "./speech-windows.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { PlannedWindow, WindowListener } from "./window-listener.ts";

/**
 * Recognises windows of speech, `batchSize` of them in one pass of the decoder, each by the seek loop
 * of whisper/transcribe.py without the text before it (as faster-whisper's BatchedInferencePipeline);
 * the initial prompt is told to all. The language is that of the first.
 *
 * Windows are yielded in the order of the recording, with its times; the kernels' memory holds one
 * batch at a time.
 */
export async function* hearBatches(
  listener: WindowListener,
  recording: Float32Array,
  windows: readonly SpeechWindow[],
  { batchSize, cutting }: { readonly batchSize: number; readonly cutting: Cutting },
): AsyncGenerator<HeardWindow> {
  const { progress } = listener;
  const waiting = [...windows];
  /** In their order; some may be finished before one that comes earlier. */
  const begun: WindowSeek[] = [];
  let doneSeconds = 0;
  for (;;) {
    const batch = begun.filter(({ isFinished }) => !isFinished);
    while (batch.length < batchSize && waiting.length > 0) {
      const isFirst = waiting.length === windows.length;
      const facts = { cutting, isFirst };
      const next = await WindowSeek.measure(listener, recording, waiting.shift()!, facts);
      begun.push(next);
      batch.push(next);
    }
    if (batch.length === 0) return;
    const seconds = batch.reduce((sum, { remainingSeconds }) => sum + remainingSeconds, 0);
    progress.enter(doneSeconds, doneSeconds + seconds);
    await hearTogether(listener, batch);
    const left = batch.reduce((sum, { remainingSeconds }) => sum + remainingSeconds, 0);
    doneSeconds += seconds - left;
    progress.enter(doneSeconds, doneSeconds);
    while (begun[0] !== undefined) {
      yield* begun[0].takeHeard();
      if (!begun[0].isFinished) break;
      begun.shift();
    }
  }
}

/** The next part of each window. */
async function hearTogether(listener: WindowListener, batch: readonly WindowSeek[]): Promise<void> {
  await listener.listenTogether(
    batch.map((window) => () => window.placeLogMel()),
    async (decoder) => {
      listener.detectLanguage(decoder);
      const requests = batch.map(({ request }) => request);
      const decoded = await listener.decodeTogether(decoder, requests);
      for (const [i, window] of batch.entries()) {
        const own: AlignmentDecoder = {
          align: (tokens, pass) => decoder.align(tokens, pass, i),
        };
        await window.read(decoded[i]!, own);
      }
    },
  );
}

interface WindowFacts {
  readonly cutting: Cutting;
  /** Whether it is the recording's first. */
  readonly isFirst: boolean;
}

/** How far the seek loop is in one window of speech; frames are the window's. */
class WindowSeek {
  readonly #listener: WindowListener;
  readonly #window: SpeechWindow;
  readonly #samples: Float32Array;
  readonly #cutting: Cutting;
  readonly #logMel: RecordingLogMel;
  readonly #end: number;
  /** What is to be recognised next. */
  #next: FrameRange;
  #lastSpeechEnd = 0;
  #heard: HeardWindow[] = [];
  #isFirst: boolean;

  /** Hears the window once, for its maximum. */
  static async measure(
    listener: WindowListener,
    recording: Float32Array,
    window: SpeechWindow,
    facts: WindowFacts,
  ): Promise<WindowSeek> {
    const { kernels, description } = listener.loaded;
    const samples = window.cutFrom(recording);
    const watch = new Stopwatch();
    const logMel = await RecordingLogMel.measure(kernels, samples, description.features);
    listener.seconds.features += watch.lap();
    return new WindowSeek(listener, window, samples, logMel, facts);
  }

  private constructor(
    listener: WindowListener,
    window: SpeechWindow,
    samples: Float32Array,
    logMel: RecordingLogMel,
    { cutting, isFirst }: WindowFacts,
  ) {
    this.#listener = listener;
    this.#window = window;
    this.#samples = samples;
    this.#logMel = logMel;
    this.#cutting = cutting;
    this.#isFirst = isFirst;
    this.#end = logMel.contentFrames;
    this.#next = { start: 0, end: this.#end };
  }

  get isFinished(): boolean {
    return this.#next.start >= this.#end;
  }

  get remainingSeconds(): number {
    return this.#seconds(this.#end - Math.min(this.#end, this.#next.start));
  }

  get request() {
    return {
      prompt: this.#listener.initialPrompt,
      timestamps: this.#cutting === "timestamps",
      seek: this.#restore(this.#next).start,
      isFirst: this.#isFirst,
    };
  }

  placeLogMel() {
    const { start, end } = this.#next;
    return this.#logMel.window(start, end - start, this.#listener.heardFrames(end - start));
  }

  /** What the decoder says of `request`. */
  async read({ window: decoded, plan }: PlannedWindow, decoder: AlignmentDecoder): Promise<void> {
    const { start, end } = this.#next;
    const read = await readWindow(this.#listener, decoder, {
      ...{ seek: start, frameCount: end - start, contentFrames: this.#end, plan, decoded },
      promptLength: this.#listener.initialPrompt.length,
      lastSpeechEnd: this.#lastSpeechEnd,
      cutting: this.#cutting,
    });
    if (read.isCutShort) {
      this.#next = { start, end: this.#quietFrame(start, end) };
      return;
    }
    this.#isFirst = false;
    this.#lastSpeechEnd = read.lastSpeechEnd;
    this.#heard.push(this.#place(read));
    this.#next = { start: read.next > start ? read.next : end, end: this.#end };
  }

  /** What was heard since the last call, with the times of the recording. */
  takeHeard(): HeardWindow[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  #place({ heard }: ReadWindow): HeardWindow {
    const { seek, frameCount, segments } = heard;
    const { start, end } = this.#restore({ start: seek, end: seek + frameCount });
    const placed = segments.map((segment) => this.#window.restoreSegment(segment));
    return { ...heard, seek: start, frameCount: end - start, segments: placed };
  }

  /** Frames of the recording. */
  #restore({ start, end }: FrameRange): FrameRange {
    const span = this.#window.restoreSpan({ start: this.#seconds(start), end: this.#seconds(end) });
    const frame = (seconds: number) => {
      return Math.round((seconds * this.#features.sampleRate) / this.#features.hopLength);
    };
    return { start: frame(span.start), end: frame(span.end) };
  }

  #quietFrame(start: number, end: number): number {
    const quarter = (end - start) / 4;
    const range = [start + Math.ceil(quarter), start + Math.floor(3 * quarter)] as const;
    return quietFrame(this.#samples, this.#features, ...range);
  }

  #seconds(frames: number): number {
    return (frames * this.#features.hopLength) / this.#features.sampleRate;
  }

  get #features() {
    return this.#listener.loaded.description.features;
  }
}
