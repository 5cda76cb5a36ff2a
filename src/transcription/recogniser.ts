import { describeModel, type ModelDescription } from "../checkpoint/model-description.ts";
import type { ModelSource } from "../checkpoint/model-source.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { type LoadModelOptions, loadModel, type WhisperModel } from "../model/load-model.ts";
import { checkDecodingOptions } from "../options/check-options.ts";
import { checkWeights } from "../options/check-weights.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { ModelFacts, Transcript } from "../results.ts";
import { hearRecording } from "./hear-recording.ts";
import { hearSpeech } from "./hear-speech.ts";
import { hearWindow } from "./hear-window.ts";
import type { HeardWindow, RecognitionEvent } from "./heard-window.ts";
import { plannedSeconds, planRecording, type RecordingPlan } from "./plan-recording.ts";
import { Progress, type RecognitionHooks } from "./progress.ts";
import { checkClipTimestamps } from "./seek-clips.ts";
import { Stopwatch } from "./stopwatch.ts";
import { TranscriptBuilder } from "./transcript-builder.ts";
import { type LoadedModel, WindowListener } from "./window-listener.ts";

export type { RecognitionEvent } from "./heard-window.ts";
export type { RecognitionHooks } from "./progress.ts";

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
  checkWeights(options.weights);
  const watch = new Stopwatch();
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config, options);
  return new Recogniser(kernels, description, model, watch.lap());
}

/** A model ready to turn samples into text. One call at a time. */
export class Recogniser {
  readonly facts: ModelFacts;
  readonly #kernels: Kernels;
  readonly #description: ModelDescription;
  readonly #model: WhisperModel;
  readonly #loadSeconds: number;

  constructor(
    kernels: Kernels,
    description: ModelDescription,
    model: WhisperModel,
    loadSeconds: number,
  ) {
    const { features, generation, tokenizer } = description;
    this.#kernels = kernels;
    this.#description = description;
    this.#model = model;
    this.#loadSeconds = loadSeconds;
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
    this.#listenerFor(options, new Progress({}));
  }

  /**
   * As `transcribe`, with each segment as soon as it is final. Whoever stops listening stops the
   * work; what was told before an abort stays true.
   */
  async *recognise(
    samples: Float32Array,
    options: DecodingOptions = {},
    hooks: RecognitionHooks = {},
  ): AsyncGenerator<RecognitionEvent> {
    const progress = new Progress(hooks);
    const listener = this.#listenerFor(options, progress);
    const duration = samples.length / this.facts.sampleRate;
    const plan = planRecording(listener, samples);
    const totalSeconds = plannedSeconds(plan, samples, this.#description);
    progress.totalSeconds = totalSeconds;

    const transcript = new TranscriptBuilder();
    for await (const window of this.#hear(listener, samples, plan)) {
      for (const segment of transcript.add(window)) yield { status: "segment", segment };
      progress.text = transcript.text;
      yield { status: "window", window, doneSeconds: progress.doneSeconds, totalSeconds };
    }
    progress.finish();
    const audio = { duration, load: this.#loadSeconds };
    yield { status: "done", transcript: transcript.finish(listener, audio) };
  }

  /** Refuses options that are unknown, or impossible with this model. */
  #listenerFor(options: DecodingOptions, progress: Progress): WindowListener {
    checkDecodingOptions(options);
    checkClipTimestamps(options.clipTimestamps);
    return new WindowListener(this.loaded, options, progress);
  }

  /** Windows in the order of the recording. */
  async *#hear(
    listener: WindowListener,
    samples: Float32Array,
    plan: RecordingPlan,
  ): AsyncGenerator<HeardWindow> {
    const cutting = this.facts.hasTimestamps ? "timestamps" : "quiet";
    if (plan.kind === "window") yield await hearWindow(listener, samples);
    else if (plan.kind === "clips") yield* hearRecording(listener, samples, plan.clips, cutting);
    else yield* hearSpeech(listener, samples, plan.windows, { ...plan, cutting });
  }

  /** What it hears with, for live captions. */
  get loaded(): LoadedModel {
    return { kernels: this.#kernels, description: this.#description, model: this.#model };
  }

  /** What loading took, seconds of wall clock. */
  get loadSeconds(): number {
    return this.#loadSeconds;
  }

  /** Log-mel frames. */
  get framesPerSecond(): number {
    const { sampleRate, hopLength } = this.#description.features;
    return sampleRate / hopLength;
  }
}
