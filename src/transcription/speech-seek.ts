import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import { RecordingLogMel } from "../features/recording-log-mel.ts";
import type { HeardWindow } from "./heard-window.ts";
import { type FrameRange, quietMiddle } from "./quiet-cut.ts";
import { type Cutting, type ReadWindow, readWindow } from "./read-window.ts";
import type { SpeechWindow } from "./speech-windows.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { PlannedWindow, WindowListener, WindowRequest } from "./window-listener.ts";

interface WindowFacts {
  readonly cutting: Cutting;
  /** Whether it is the recording's first. */
  readonly isFirst: boolean;
}

/** How far the seek loop is in one window of speech; frames are the window's. */
export class SpeechSeek {
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
  ): Promise<SpeechSeek> {
    const { kernels, description } = listener.loaded;
    const samples = window.cutFrom(recording);
    const watch = new Stopwatch();
    const logMel = await RecordingLogMel.measure(kernels, samples, description.features);
    listener.seconds.features += watch.lap();
    return new SpeechSeek(listener, window, samples, logMel, facts);
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

  /** @param prompt tokens of the text before it */
  request(prompt: readonly number[]): WindowRequest {
    return {
      prompt,
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
  async read(
    { window: decoded, plan }: PlannedWindow,
    decoder: AlignmentDecoder,
    promptLength: number,
  ): Promise<ReadWindow> {
    const { start, end } = this.#next;
    const read = await readWindow(this.#listener, decoder, {
      ...{ seek: start, frameCount: end - start, contentFrames: this.#end },
      ...{ plan, decoded, promptLength },
      lastSpeechEnd: this.#lastSpeechEnd,
      cutting: this.#cutting,
    });
    if (read.isCutShort) {
      this.#next = { start, end: quietMiddle(this.#samples, this.#features, { start, end }) };
      return read;
    }
    this.#isFirst = false;
    this.#lastSpeechEnd = read.lastSpeechEnd;
    this.#heard.push(this.#place(read));
    this.#next = { start: read.next > start ? read.next : end, end: this.#end };
    return read;
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

  #seconds(frames: number): number {
    return (frames * this.#features.hopLength) / this.#features.sampleRate;
  }

  get #features() {
    return this.#listener.loaded.description.features;
  }
}
