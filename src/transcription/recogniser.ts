import { describeModel, type ModelDescription } from "../checkpoint/model-description.ts";
import type { ModelSource } from "../checkpoint/model-source.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { type LoadModelOptions, loadModel, type WhisperModel } from "../model/load-model.ts";
import type { ModelFacts } from "../model-info.ts";
import { checkDecodingOptions, checkOption } from "../options/check-options.ts";
import { loadOptions, type ResolvedOptions } from "../options/option-table.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { Segment, Transcript } from "../results.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import { Progress, type RecognitionHooks } from "./progress.ts";
import type { WindowResult } from "./read-window.ts";
import { seekLoop } from "./seek-loop.ts";
import { Stopwatch } from "./stopwatch.ts";
import { findStretches } from "./stretches.ts";
import { TranscriptBuilder } from "./transcript-builder.ts";
import { type LoadedModel, WindowPipeline } from "./window-pipeline.ts";

export type { RecognitionHooks } from "./progress.ts";

/** What recognition tells, in this order: of each window its segments, then the window; at last the transcript. */
export type RecognitionEvent =
  /** A segment is final. */
  | { readonly status: "segment"; readonly segment: Segment }
  /** A window is finished; the next may begin before its end. */
  | {
      readonly status: "window";
      readonly window: WindowResult;
      /** Seconds of the audio to be recognised, all its clips together. */
      readonly doneSeconds: number;
      readonly totalSeconds: number;
    }
  | { readonly status: "done"; readonly transcript: Transcript };

/**
 * Loads a model from its files into the kernels' memory.
 *
 * @throws OptionError, ModelError, TokenizerError, MemoryLimitError; then the kernels are to be thrown away
 */
export async function loadRecogniser(
  kernels: Kernels,
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<Recogniser> {
  checkOption("weights", options.weights, loadOptions.weights.kind);
  const watch = new Stopwatch();
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config, options);
  return new Recogniser(kernels, description, model, watch.lap());
}

/** A model ready to turn samples into text. One call at a time. */
export class Recogniser {
  readonly facts: ModelFacts;
  readonly loaded: LoadedModel;
  /** What loading took, seconds of wall clock. */
  readonly loadSeconds: number;

  constructor(
    kernels: Kernels,
    description: ModelDescription,
    model: WhisperModel,
    loadSeconds: number,
  ) {
    const { features, generation, tokenizer } = description;
    this.loaded = { kernels, description, model };
    this.loadSeconds = loadSeconds;
    this.facts = {
      sampleRate: features.sampleRate,
      windowDuration: features.windowSamples / features.sampleRate,
      languages: generation.isMultilingual ? [...tokenizer.languages.keys()] : [],
      isMultilingual: generation.isMultilingual,
      hasTimestamps: tokenizer.special.timestampBegin !== null,
      wasmBytes: kernels.heap.usedBytes,
      kernels: kernels.build,
      threads: kernels.threads,
      weights: model.weights,
    };
  }

  /**
   * Recognises samples, mono at `facts.sampleRate`, of any length.
   *
   * @throws AudioError for audio that is empty or not finite
   * @throws OptionError before any work, for options unknown or impossible with this model
   * @throws the signal's reason within one encoder layer or decoder step of its abort
   */
  async transcribe(
    samples: Float32Array,
    options: DecodingOptions = {},
    hooks: RecognitionHooks = {},
  ): Promise<Transcript> {
    for await (const event of this.recognise(samples, options, hooks)) {
      if (event.status === "done") return event.transcript;
    }
    throw new Error("Recognition ended without a transcript.");
  }

  /**
   * Refuses options before there is audio.
   *
   * @throws OptionError for options unknown or impossible with this model
   */
  checkOptions(options: DecodingOptions): void {
    this.#openPipeline(options, new Progress({}));
  }

  /**
   * As `transcribe`, with each segment as soon as it is final. Whoever stops listening stops the
   * work; what was yielded before an abort stays true.
   */
  async *recognise(
    samples: Float32Array,
    options: DecodingOptions = {},
    hooks: RecognitionHooks = {},
  ): AsyncGenerator<RecognitionEvent> {
    const { features } = this.loaded.description;
    const progress = new Progress(hooks);
    const pipeline = this.#openPipeline(options, progress);
    const stretches = findStretches(samples, pipeline.options, features, pipeline.isTrimmed);
    const frames = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
    const duration = samples.length / features.sampleRate;
    const isWhole =
      !this.facts.hasTimestamps && isOneWindow(samples, pipeline.options, features.windowSamples);
    const totalSeconds = isWhole ? duration : (frames * features.hopLength) / features.sampleRate;
    progress.totalSeconds = totalSeconds;
    const windows = isWhole
      ? [decodeWhole(pipeline, samples)]
      : seekLoop(pipeline, samples, stretches, {
          cutting: this.facts.hasTimestamps ? "timestamps" : "quiet",
          batchSize: pipeline.options.batchSize,
        });

    const transcript = new TranscriptBuilder(duration);
    for await (const window of windows) {
      for (const segment of transcript.add(window)) yield { status: "segment", segment };
      progress.text = transcript.text;
      yield { status: "window", window, doneSeconds: progress.doneSeconds, totalSeconds };
    }
    progress.finish();
    yield { status: "done", transcript: transcript.finish(pipeline, this.loadSeconds) };
  }

  /** Refuses options that are unknown, or impossible with this model. */
  #openPipeline(options: DecodingOptions, progress: Progress): WindowPipeline {
    checkDecodingOptions(options);
    return new WindowPipeline(this.loaded, options, progress);
  }
}

/** Whether audio is one window, and no part of it was asked for. */
function isOneWindow(
  { length }: Float32Array,
  { clipTimestamps, voiceActivity }: ResolvedOptions,
  windowSamples: number,
): boolean {
  return length <= windowSamples && clipTimestamps === undefined && voiceActivity === false;
}

/**
 * Audio that one window holds, for a model without timestamps, as whisper/decoding.py's `decode` has
 * it: what is missing of the window is silence, and all that is decoded is one segment.
 */
async function decodeWhole(pipeline: WindowPipeline, samples: Float32Array): Promise<WindowResult> {
  const { features, tokenizer } = pipeline.loaded.description;
  const duration = samples.length / features.sampleRate;
  const frameCount = Math.floor(samples.length / features.hopLength);
  const prompt = pipeline.initialPrompt;
  pipeline.progress.enter(0, duration);
  using windows = await pipeline.encode([() => pipeline.computeLogMel(samples)]);
  pipeline.detectLanguage(windows.decoder);
  const request = { prompt, timestamps: false, seek: 0, isFirst: true };
  const [decoded] = await pipeline.decode(windows.decoder, [request]);
  const { tokens, isSpeech } = decoded!;
  const text = isSpeech ? tokenizer.decodeText(tokens) : "";
  return {
    ...{ seek: 0, frameCount, promptLength: prompt.length, decoded: decoded!, isSpeech, tokens },
    segments: stripSpace(text) === "" ? [] : [{ start: 0, end: duration, text, tokens }],
    next: frameCount,
    lastSpeechEnd: 0,
  };
}
