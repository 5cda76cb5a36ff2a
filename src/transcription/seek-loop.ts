import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import type { DecodedWindow } from "../decoding/decode-windows.ts";
import type { FeatureConfig } from "../features/feature-config.ts";
import type { LogMel } from "../features/log-mel.ts";
import { RecordingLogMel } from "../features/recording-log-mel.ts";
import { PromptHistory } from "./prompt-history.ts";
import { type FrameRange, nextUtterance, quietFrame, quietMiddle } from "./quiet-cut.ts";
import { readWindow, type WindowResult } from "./read-window.ts";
import { Stopwatch } from "./stopwatch.ts";
import type { Stretch } from "./stretches.ts";
import type { WindowPipeline, WindowRequest } from "./window-pipeline.ts";

/** How a stretch falls into windows. */
export type Cutting =
  /** At the timestamps that the model says. */
  | "timestamps"
  /** At quiet places: for models without timestamps. */
  | "quiet"
  /** Every window is full: the reference's `without_timestamps`. */
  | "full";

export interface SeekOptions {
  readonly cutting: Cutting;
  /** Stretches that are decoded side by side; they know nothing of each other's text. Default 1. */
  readonly batchSize?: number;
}

/** Pieces of text longer than a model can say are not cut shorter than this, seconds. */
const SHORTEST_CUT = 1;

/**
 * The seek loop of whisper/transcribe.py: goes through the stretches of a recording window by window,
 * and yields windows in the order of the recording, with its times. Several stretches together are prompted
 * with the initial prompt alone (as in faster-whisper's BatchedInferencePipeline), one at a time with the
 * text before it. The kernels' memory holds one batch at a time.
 */
export async function* seekLoop(
  pipeline: WindowPipeline,
  recording: Float32Array,
  stretches: readonly Stretch[],
  { cutting, batchSize = 1 }: SeekOptions,
): AsyncGenerator<WindowResult> {
  const { progress, initialPrompt, promptOptions, loaded } = pipeline;
  const { hopLength, sampleRate } = loaded.description.features;
  const history = new PromptHistory(initialPrompt, promptOptions);
  // The floor of the log-mel is the recording's for clips, as in the reference; speech has its own.
  const isOfSpeech = stretches.some(({ speech }) => speech !== null);
  const whole = isOfSpeech ? null : await measure(pipeline, recording, true);
  const waiting = [...stretches];
  /** In their order; some may be finished before one that comes earlier. */
  const begun: StretchSeek[] = [];
  let lastSpeechEnd = 0;
  let finishedFrames = 0;
  const enterProgress = (frames: number) => {
    const done = begun.reduce((sum, { doneFrames }) => sum + doneFrames, finishedFrames);
    const seconds = (count: number) => (count * hopLength) / sampleRate;
    progress.enter(seconds(done), seconds(done + frames));
  };

  for (;;) {
    const batch = begun.filter(({ isFinished }) => !isFinished);
    while (batch.length < batchSize && waiting.length > 0) {
      const isFirst = waiting.length === stretches.length;
      const stretch = waiting.shift()!;
      const source = whole ?? (await measure(pipeline, stretch.speech!.cutFrom(recording)));
      const seek = new StretchSeek(pipeline, source, stretch, cutting);
      seek.isFirst = isFirst;
      if (!isOfSpeech) seek.lastSpeechEnd = lastSpeechEnd;
      begun.push(seek);
      batch.push(seek);
    }
    if (batch.length === 0) break;

    for (const seek of batch) seek.cutNextWindow();
    const [{ window }] = batch as [StretchSeek];
    if (
      whole !== null &&
      (window.start > 0 || window.end < openingFrames(pipeline, whole.logMel))
    ) {
      await detectLanguage(pipeline, whole);
    }
    enterProgress(batch.reduce((sum, { window }) => sum + window.end - window.start, 0));
    const results = await decodeTogether(pipeline, batch, history.prompt);
    for (const { isSpeech, tokens, decoded } of batchSize === 1 ? results : []) {
      if (isSpeech) history.add(tokens, decoded.temperature);
    }
    lastSpeechEnd = results.at(-1)?.lastSpeechEnd ?? lastSpeechEnd;

    enterProgress(0);
    while (begun[0] !== undefined) {
      yield* begun[0].takeResults();
      if (!begun[0].isFinished) break;
      finishedFrames += begun.shift()!.doneFrames;
    }
  }
  if (whole !== null) await detectLanguage(pipeline, whole);
}

/** The next window of each stretch; one that says more than the model can gives no result. */
async function decodeTogether(
  pipeline: WindowPipeline,
  batch: readonly StretchSeek[],
  prompt: readonly number[],
): Promise<WindowResult[]> {
  using windows = await pipeline.encode(batch.map((seek) => () => seek.placeLogMel()));
  const { decoder } = windows;
  pipeline.detectLanguage(decoder);
  const requests = batch.map((seek) => seek.request(prompt));
  const decoded = await pipeline.decode(decoder, requests);
  const results: WindowResult[] = [];
  for (const [i, seek] of batch.entries()) {
    const own: AlignmentDecoder = { align: (tokens, pass) => decoder.align(tokens, pass, i) };
    const result = await seek.read(decoded[i]!, own, prompt.length);
    if (result !== null) results.push(result);
  }
  return results;
}

/** What frames are counted in. */
interface FrameSource {
  readonly samples: Float32Array;
  readonly logMel: RecordingLogMel;
}

/** How far the seek loop is in one stretch. */
class StretchSeek {
  /** Frames of the window that is recognised next. */
  window: FrameRange = { start: 0, end: 0 };
  /** Whether that is the recording's first. */
  isFirst = false;
  /** Where the last word so far ends, seconds. */
  lastSpeechEnd = 0;
  readonly #pipeline: WindowPipeline;
  readonly #source: FrameSource;
  readonly #stretch: Stretch;
  readonly #cutting: Cutting;
  /** All before this frame is done. */
  #seek: number;
  /** Where the window is to end that says more than the model can. */
  #shortened: number | null = null;
  #results: WindowResult[] = [];

  constructor(pipeline: WindowPipeline, source: FrameSource, stretch: Stretch, cutting: Cutting) {
    this.#pipeline = pipeline;
    this.#source = source;
    this.#stretch = stretch;
    this.#cutting = cutting;
    this.#seek = stretch.start;
  }

  get isFinished(): boolean {
    return this.#seek >= this.#stretch.end;
  }

  get doneFrames(): number {
    return Math.min(this.#seek, this.#stretch.end) - this.#stretch.start;
  }

  cutNextWindow(): void {
    if (this.#shortened === null) this.window = this.#findWindow();
    else this.window = { start: this.window.start, end: this.#shortened };
  }

  placeLogMel(): LogMel {
    const { start, end } = this.window;
    const frames = this.#pipeline.encoderFrames(end - start);
    return this.#source.logMel.window(start, end - start, frames);
  }

  /** @param prompt tokens of the text before it */
  request(prompt: readonly number[]): WindowRequest {
    return {
      prompt,
      timestamps: this.#cutting === "timestamps",
      seek: this.#restore(this.window).start,
      isFirst: this.isFirst,
    };
  }

  /** Takes in the decoded window; null where it is to be recognised in pieces. */
  async read(
    decoded: DecodedWindow,
    decoder: AlignmentDecoder,
    promptLength: number,
  ): Promise<WindowResult | null> {
    const { start, end } = this.window;
    const shortest = (2 * SHORTEST_CUT * this.#features.sampleRate) / this.#features.hopLength;
    if (this.#cutting === "quiet" && decoded.isCutShort && end - start > shortest) {
      this.#shortened = quietMiddle(this.#source.samples, this.#features, this.window);
      return null;
    }
    const result = await readWindow(this.#pipeline, decoder, {
      ...{ seek: start, frameCount: end - start, promptLength, decoded },
      contentFrames: this.#source.logMel.contentFrames,
      lastSpeechEnd: this.lastSpeechEnd,
      // The reference knows nothing of windows that are cut where it is quiet.
      keepsBlank: this.#cutting !== "quiet",
    });
    this.#shortened = null;
    this.isFirst = false;
    this.lastSpeechEnd = result.lastSpeechEnd;
    this.#results.push(this.#place(result));
    // Where the model's last timestamp is its first, the reference would stay for ever.
    this.#seek = result.next > start ? result.next : end;
    return result;
  }

  /** What was recognised since the last call, with the times of the recording. */
  takeResults(): WindowResult[] {
    return this.#results.splice(0);
  }

  /** The window from `seek` on. */
  #findWindow(): FrameRange {
    const rest = { start: this.#seek, end: this.#stretch.end };
    const { samples } = this.#source;
    const { windowFrames } = this.#features;
    // Where only what is there is encoded, short windows cost no more than long ones.
    const isQuiet = this.#cutting === "quiet" && this.#stretch.speech === null;
    if (isQuiet && this.#pipeline.isTrimmed) {
      return nextUtterance(samples, this.#features, rest, windowFrames);
    }
    const last = rest.start + windowFrames;
    if (rest.end <= last) return rest;
    if (!isQuiet) return { start: rest.start, end: last };
    const middle = rest.start + Math.ceil(windowFrames / 2);
    return { start: rest.start, end: quietFrame(samples, this.#features, middle, last) };
  }

  #place(result: WindowResult): WindowResult {
    const { speech } = this.#stretch;
    if (speech === null) return result;
    const { seek, frameCount } = result;
    const { start, end } = this.#restore({ start: seek, end: seek + frameCount });
    const segments = result.segments.map((segment) => speech.restoreSegment(segment));
    return { ...result, seek: start, frameCount: end - start, segments };
  }

  /** Frames of the recording. */
  #restore({ start, end }: FrameRange): FrameRange {
    const { speech } = this.#stretch;
    if (speech === null) return { start, end };
    const { hopLength, sampleRate } = this.#features;
    const seconds = (frames: number) => (frames * hopLength) / sampleRate;
    const span = speech.restoreSpan({ start: seconds(start), end: seconds(end) });
    const frame = (time: number) => Math.round((time * sampleRate) / hopLength);
    return { start: frame(span.start), end: frame(span.end) };
  }

  get #features(): FeatureConfig {
    return this.#pipeline.loaded.description.features;
  }
}

/** Reads the samples once, for the maximum of their log-mel. */
async function measure(
  { loaded, progress, seconds }: WindowPipeline,
  samples: Float32Array,
  tellsProgress = false,
): Promise<FrameSource> {
  const watch = new Stopwatch();
  const step = async (share: number) => {
    if (tellsProgress) await progress.step("features", share);
  };
  await step(0);
  const { features } = loaded.description;
  const logMel = await RecordingLogMel.measure(loaded.kernels, samples, features, step);
  seconds.features += watch.lap();
  return { samples, logMel };
}

/** From the opening of the recording, whichever clips of it are recognised (whisper/transcribe.py). */
async function detectLanguage(pipeline: WindowPipeline, { logMel }: FrameSource): Promise<void> {
  if (pipeline.isLanguageKnown) return;
  const frames = openingFrames(pipeline, logMel);
  using windows = await pipeline.encode([() => logMel.window(0, frames)]);
  pipeline.detectLanguage(windows.decoder);
}

/** Frames by which the language is detected: with its silence where the encoder sees that in every window. */
function openingFrames(pipeline: WindowPipeline, { contentFrames }: RecordingLogMel): number {
  const { windowFrames } = pipeline.loaded.description.features;
  return pipeline.isTrimmed ? Math.max(1, Math.min(windowFrames, contentFrames)) : windowFrames;
}
