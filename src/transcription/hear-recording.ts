import { isSpeech } from "../decoding/fallback.ts";
import { RecordingLogMel } from "../features/recording-log-mel.ts";
import type { DecodingState } from "../model/decoding-state.ts";
import { finishWindow } from "./finish-window.ts";
import type { HeardWindow } from "./heard-window.ts";
import { PromptHistory } from "./prompt-history.ts";
import { type FrameRange, nextUtterance, quietFrame } from "./quiet-cut.ts";
import type { Clip } from "./seek-clips.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { WindowListener } from "./window-listener.ts";

/** How a recording falls into windows. */
export type Cutting =
  /** At the timestamps that the model says. */
  | "timestamps"
  /** At quiet places: for models without timestamps. */
  | "quiet"
  /** Every window is full: the reference without timestamps. */
  | "full";

/** Above this temperature a window's text is no prompt for the next (whisper/transcribe.py). */
const TRUSTED_TEMPERATURE = 0.5;
/** Pieces of text longer than a model can say are not cut shorter than this, seconds. */
const SHORTEST_CUT = 1;

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
  /** Whether a window is told of the text before it. */
  readonly #conditions: boolean;
  readonly #isTrimmed: boolean;
  #lastSpeechEnd = 0;
  #isFirst = true;

  constructor(
    listener: WindowListener,
    samples: Float32Array,
    logMel: RecordingLogMel,
    cutting: Cutting,
  ) {
    const { loaded, options, initialPrompt } = listener;
    const { features, config, tokenizer } = loaded.description;
    this.#listener = listener;
    this.#samples = samples;
    this.#logMel = logMel;
    this.#cutting = cutting;
    this.#history = new PromptHistory(initialPrompt, {
      room: Math.floor(config.targetPositions / 2) - 1,
      carried: options.carryInitialPrompt ?? false,
    });
    this.#conditions =
      (options.conditionOnPreviousText ?? true) && tokenizer.special.startOfPrev !== null;
    this.#isTrimmed = (options.encoderContext ?? config.encoderContext) === "trimmed";
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
    const { progress } = this.#listener;
    for (let range = this.#windowOf(seek, end); ; ) {
      const { start, end } = range;
      if (start > 0 || end < this.#openingFrames) await this.detectLanguage();
      const seconds = (frame: number) => (frame + shift) / this.framesPerSecond;
      progress.enter(seconds(start), seconds(end));
      const window = await this.#decode(start, end - start);
      if (!window.isCutShort) return window;
      range = { start, end: this.#quietFrame(start, (end - start) / 4, (3 * (end - start)) / 4) };
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
    if (!this.#isTrimmed) return windowFrames;
    return Math.max(1, Math.min(windowFrames, this.#logMel.contentFrames));
  }

  #decode(seek: number, frameCount: number) {
    const listener = this.#listener;
    const { windowFrames } = listener.loaded.description.features;
    const total = this.#isTrimmed ? frameCount : windowFrames;
    return listener.listen(
      () => this.#logMel.window(seek, frameCount, total),
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
    const heard = { seek, frameCount, promptLength: prompt.length, decoded };
    const isCutShort =
      this.#cutting === "quiet" &&
      decoded.tokens.length >= plan.maxTokens &&
      frameCount > 2 * SHORTEST_CUT * this.framesPerSecond;
    const nothing = { ...heard, isSpeech: false, segments: [], tokens: [] };
    this.#isFirst &&= isCutShort;
    if (isCutShort || !isSpeech(decoded, plan)) {
      return { heard: nothing, next: seek + frameCount, isCutShort };
    }
    const finished = await finishWindow(listener, decoder, {
      ...{ seek, frameCount, plan, tokens: decoded.tokens },
      contentFrames: this.#logMel.contentFrames,
      lastSpeechEnd: this.#lastSpeechEnd,
    });
    const { next, lastSpeechEnd } = finished;
    this.#lastSpeechEnd = lastSpeechEnd;
    // Blank segments stay for the reference's sake; it knows nothing of these windows.
    const segments =
      this.#cutting === "quiet"
        ? finished.segments.filter(({ text }) => text !== "")
        : finished.segments;
    const tokens = segments.flatMap((segment) => segment.tokens);
    if (!finished.again) {
      this.#history.add(tokens);
      if (!this.#conditions || decoded.temperature > TRUSTED_TEMPERATURE) this.#history.reset();
    }
    return { heard: { ...heard, isSpeech: true, segments, tokens }, next, isCutShort };
  }

  /** The next window from `seek` on, in a clip that ends at `end`. */
  #windowOf(seek: number, end: number): FrameRange {
    const { features } = this.#listener.loaded.description;
    const { windowFrames } = features;
    const rest = { start: seek, end };
    // Where only what is there is encoded, short windows cost no more than long ones.
    if (this.#cutting === "quiet" && this.#isTrimmed) {
      return nextUtterance(this.#samples, features, rest, windowFrames);
    }
    if (end - seek <= windowFrames) return rest;
    if (this.#cutting !== "quiet") return { start: seek, end: seek + windowFrames };
    return { start: seek, end: this.#quietFrame(seek, windowFrames / 2, windowFrames) };
  }

  /** The quietest place at least `least` and at most `most` frames after `seek`. */
  #quietFrame(seek: number, least: number, most: number): number {
    const { features } = this.#listener.loaded.description;
    return quietFrame(this.#samples, features, seek + Math.ceil(least), seek + Math.floor(most));
  }
}
