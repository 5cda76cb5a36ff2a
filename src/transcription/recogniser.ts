import { checkDecodingOptions } from "../decoding/check-options.ts";
import { type DecodedWindow, decodeWindow } from "../decoding/decode-window.ts";
import { type DecodingFacts, planDecoding, resolveLanguage } from "../decoding/decoding-plan.ts";
import { detectLanguage } from "../decoding/detect-language.ts";
import { AudioError } from "../errors.ts";
import { computeLogMel } from "../features/log-mel.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { DecodingState } from "../model/decoder.ts";
import { type LoadModelOptions, loadModel, type WhisperModel } from "../model/load-model.ts";
import type { ModelSource } from "../model/model-source.ts";
import type { DecodingOptions } from "../options.ts";
import type { ModelFacts, Segment, TranscribeProgress, Transcript } from "../results.ts";
import { checkWeights } from "./check-weights.ts";
import { describeModel, type ModelDescription } from "./model-description.ts";
import { splitSegments } from "./split-segments.ts";
import { Stopwatch } from "./stopwatch.ts";
import { yieldToHost } from "./yield-to-host.ts";

export interface RecognitionHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: TranscribeProgress) => void;
}

/** Shares of a call's progress bar: where encoding and decoding begin. */
const ENCODE_FROM = 0.05;
const DECODE_FROM = 0.6;

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

/** A model ready to turn one window of samples into text. One call at a time. */
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
   * Recognises samples, mono at `facts.sampleRate`, of at most `facts.windowDuration` seconds.
   *
   * @throws AudioError for audio that is empty, not finite or too long
   * @throws OptionError before any work, for options unknown or impossible with this model
   * @throws the signal's reason within one encoder layer or decoder step of its abort
   */
  async transcribe(
    samples: Float32Array,
    options: DecodingOptions = {},
    { signal, onProgress = () => {} }: RecognitionHooks = {},
  ): Promise<Transcript> {
    const { features, config } = this.#description;
    const { heap } = this.#kernels;
    checkDecodingOptions(options);
    this.#checkPlan(options);
    this.#checkLength(samples);

    /** Lets an abort arrive, then stops or tells how far we are. */
    const step = async (event: TranscribeProgress) => {
      await yieldToHost();
      signal?.throwIfAborted();
      onProgress(event);
    };
    const mark = heap.mark();
    const watch = new Stopwatch();
    try {
      await step({ status: "features", fraction: 0, text: "" });
      const padTo =
        (options.encoderContext ?? config.encoderContext) === "full" ? "window" : "none";
      const logMel = computeLogMel(this.#kernels, samples, features, { padTo });
      const featureSeconds = watch.lap();

      await step({ status: "encode", fraction: ENCODE_FROM, text: "" });
      const audio = await this.#model.encoder.encode(
        logMel.pointer,
        logMel.frameCount,
        async (done, total) => {
          const fraction = ENCODE_FROM + (DECODE_FROM - ENCODE_FROM) * (done / total);
          await step({ status: "encode", fraction, text: "" });
        },
      );
      const encodeSeconds = watch.lap();

      const decoder = this.#model.decoder.open(audio);
      const { language, window } = await this.#decode(decoder, options, step);
      const decodeSeconds = watch.lap();

      const duration = samples.length / features.sampleRate;
      const segments = this.#segments(window, options, duration);
      const text = segments
        .map((segment) => segment.text)
        .join("")
        .trim();
      onProgress({ status: "decode", fraction: 1, text });
      return {
        text,
        language,
        duration,
        tokens: window.tokens,
        segments,
        avgLogProb: window.avgLogProb,
        noSpeechProb: window.noSpeechProb,
        timing: {
          load: this.#loadSeconds,
          features: featureSeconds,
          encode: encodeSeconds,
          decode: decodeSeconds,
          realTimeFactor: (featureSeconds + encodeSeconds + decodeSeconds) / duration,
        },
      };
    } finally {
      heap.release(mark);
    }
  }

  async #decode(
    decoder: DecodingState,
    options: DecodingOptions,
    step: (event: TranscribeProgress) => Promise<void>,
  ): Promise<{ language: string | null; window: DecodedWindow }> {
    const { tokenizer } = this.#description;
    const { startOfTranscript } = tokenizer.special;
    const language =
      resolveLanguage(options, tokenizer, this.#decodingFacts) ??
      (this.facts.isMultilingual
        ? detectLanguage(decoder, startOfTranscript, tokenizer.languages).language
        : null);
    const plan = planDecoding(options, language, tokenizer, this.#decodingFacts);
    const window = await decodeWindow(decoder, plan, async (tokens) => {
      const fraction = DECODE_FROM + (1 - DECODE_FROM) * (tokens.length / plan.maxTokens);
      await step({ status: "decode", fraction, text: tokenizer.decodeText(tokens) });
    });
    return { language, window };
  }

  /**
   * Segments with their text; none for a window without speech: its no-speech probability is above
   * the threshold and its average log-probability is no excuse (whisper/transcribe.py).
   */
  #segments(window: DecodedWindow, options: DecodingOptions, duration: number): Segment[] {
    const { tokenizer } = this.#description;
    const { noSpeechThreshold = 0.6, logProbThreshold = -1 } = options;
    const { tokens, avgLogProb, noSpeechProb } = window;
    const isSpeech =
      noSpeechThreshold === null ||
      noSpeechProb <= noSpeechThreshold ||
      (logProbThreshold !== null && avgLogProb > logProbThreshold);
    if (!isSpeech) return [];
    const asked = options.timestamps === "segment";
    const reading = {
      isTimestamp: (token: number) => asked && tokenizer.isTimestamp(token),
      seconds: (timestamp: number) => tokenizer.timestampSeconds(timestamp),
    };
    return splitSegments(tokens, reading, duration)
      .map((segment) => ({ ...segment, text: tokenizer.decodeText(segment.tokens) }))
      .filter((segment) => segment.text.trim() !== "")
      .map((segment, id) => ({ id, ...segment, avgLogProb, noSpeechProb }));
  }

  get #decodingFacts(): DecodingFacts {
    const { generation, config } = this.#description;
    return { ...generation, contextLength: config.targetPositions };
  }

  /** Refuses impossible options before any work; which language it is does not matter here. */
  #checkPlan(options: DecodingOptions): void {
    const { tokenizer } = this.#description;
    const asked = resolveLanguage(options, tokenizer, this.#decodingFacts);
    const language = asked ?? tokenizer.languages.keys().next().value ?? null;
    planDecoding(options, language, tokenizer, this.#decodingFacts);
  }

  #checkLength(samples: Float32Array): void {
    const { sampleRate, windowDuration } = this.facts;
    const { windowSamples } = this.#description.features;
    if (samples.length <= windowSamples) return;
    const seconds = samples.length / sampleRate;
    throw new AudioError(
      `The audio is ${seconds.toFixed(4)} s long; this model hears ${windowDuration} s at a time, and recordings longer than one window are not possible yet. Cut it into pieces of at most ${windowDuration} s.`,
      { expected: windowDuration, found: seconds },
    );
  }
}
