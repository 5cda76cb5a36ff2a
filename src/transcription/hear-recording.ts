import { RecordingLogMel } from "../features/recording-log-mel.ts";
import type { DecodingState } from "../model/decoding-state.ts";
import type { HeardWindow } from "./heard-window.ts";
import type { PromptHistory } from "./prompt-history.ts";
import { type FrameRange, nextUtterance, quietFrame, quietMiddle } from "./quiet-cut.ts";
import { type Cutting, readWindow } from "./read-window.ts";
import type { Clip } from "./seek-clips.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { WindowListener } from "./window-listener.ts";

/**
 * Recognises a recording of any length window by window: the seek loop of whisper/transcribe.py.
 * A window is yielded when it is finished; the kernels' memory holds one window at a time.
 */
export async function* hearRecording(
  listener: WindowListener,
  samples: Float32Array,
  clips: readonly Clip[],
  cutting: Cutting,
): AsyncGenerator<HeardWindow> {
  const { loaded, progress, seconds } = listener;
  const { features } = loaded.description;
  const watch = new Stopwatch();
  await progress.step("features", 0);
  const logMel = await RecordingLogMel.measure(loaded.kernels, samples, features, (share) => {
    return progress.step("features", share);
  });
  seconds.features += watch.lap();

  const loop = new SeekLoop(listener, samples, logMel, cutting);
  let before = 0;
  for (const { start, end } of clips) {
    for (let seek = start; seek < end; ) {
      const { heard, next } = await loop.hear(seek, end, before - start);
      // Where the model's last timestamp is its first, the reference would stay for ever.
      seek = next > seek ? next : seek + heard.frameCount;
      const done = (before + Math.min(seek, end) - start) / loop.framesPerSecond;
      progress.enter(done, done);
      yield heard;
    }
    before += end - start;
  }
  await loop.detectLanguage();
}

/** What one window of a recording leaves to the next. */
class SeekLoop {
  readonly framesPerSecond: number;
  readonly #listener: WindowListener;
  readonly #samples: Float32Array;
  readonly #logMel: RecordingLogMel;
  readonly #cutting: Cutting;
  readonly #history: PromptHistory;
  #lastSpeechEnd = 0;
  #isFirst = true;

  constructor(
    listener: WindowListener,
    samples: Float32Array,
    logMel: RecordingLogMel,
    cutting: Cutting,
  ) {
    this.#listener = listener;
    this.#samples = samples;
    this.#logMel = logMel;
    this.#cutting = cutting;
    this.#history = listener.beginHistory();
    const { features } = listener.loaded.description;
    this.framesPerSecond = features.sampleRate / features.hopLength;
  }

  /**
   * Recognises the window that begins at `seek`, within a clip that ends at `end`.
   *
   * @param shift from frames of the recording to frames of what is to be recognised
   * @returns the window, and where the next one begins
   */
  async hear(
    seek: number,
    end: number,
    shift: number,
  ): Promise<{ heard: HeardWindow; next: number }> {
    const { progress, loaded } = this.#listener;
    const { features } = loaded.description;
    for (let range = this.#windowOf(seek, end); ; ) {
      const { start, end } = range;
      if (start > 0 || end < this.#openingFrames) await this.detectLanguage();
      const seconds = (frame: number) => (frame + shift) / this.framesPerSecond;
      progress.enter(seconds(start), seconds(end));
      const window = await this.#decode(start, end - start);
      if (!window.isCutShort) return window;
      range = { start, end: quietMiddle(this.#samples, features, range) };
    }
  }

  /** From the opening of the recording, whichever clips of it are recognised (whisper/transcribe.py). */
  async detectLanguage(): Promise<void> {
    const listener = this.#listener;
    if (listener.isLanguageKnown) return;
    await listener.listen(
      () => this.#logMel.window(0, this.#openingFrames),
      async (decoder) => listener.detectLanguage(decoder),
    );
  }

  /** Frames by which the language is detected: silence counts where the model hears it otherwise too. */
  get #openingFrames(): number {
    const { windowFrames } = this.#listener.loaded.description.features;
    if (!this.#listener.isTrimmed) return windowFrames;
    return Math.max(1, Math.min(windowFrames, this.#logMel.contentFrames));
  }

  #decode(seek: number, frameCount: number) {
    const listener = this.#listener;
    return listener.listen(
      () => this.#logMel.window(seek, frameCount, listener.heardFrames(frameCount)),
      (decoder) => this.#decodeWith(decoder, seek, frameCount),
    );
  }

  async #decodeWith(decoder: DecodingState, seek: number, frameCount: number) {
    const listener = this.#listener;
    listener.detectLanguage(decoder);
    const { prompt } = this.#history;
    const { window: decoded, plan } = await listener.decode(decoder, {
      prompt,
      timestamps: this.#cutting === "timestamps",
      seek,
      isFirst: this.#isFirst,
    });
    const window = await readWindow(listener, decoder, {
      ...{ seek, frameCount, plan, decoded, promptLength: prompt.length },
      contentFrames: this.#logMel.contentFrames,
      lastSpeechEnd: this.#lastSpeechEnd,
      cutting: this.#cutting,
    });
    this.#isFirst &&= window.isCutShort;
    this.#lastSpeechEnd = window.lastSpeechEnd;
    this.#history.add(window);
    return window;
  }

  /** The next window from `seek` on, in a clip that ends at `end`. */
  #windowOf(seek: number, end: number): FrameRange {
    const { features } = this.#listener.loaded.description;
    const { windowFrames } = features;
    const rest = { start: seek, end };
    // Where only what is there is encoded, short windows cost no more than long ones.
    if (this.#cutting === "quiet" && this.#listener.isTrimmed) {
      return nextUtterance(this.#samples, features, rest, windowFrames);
    }
    if (end - seek <= windowFrames) return rest;
    if (this.#cutting !== "quiet") return { start: seek, end: seek + windowFrames };
    const middle = seek + Math.ceil(windowFrames / 2);
    const last = seek + windowFrames;
    return { start: seek, end: quietFrame(this.#samples, features, middle, last) };
  }
}
