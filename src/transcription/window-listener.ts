import type { AlignmentOptions } from "../alignment/find-alignment.ts";
import type { ModelDescription } from "../checkpoint/model-description.ts";
import type { DecodedWindow } from "../decoding/decode-window.ts";
import {
  type DecodingFacts,
  type DecodingPlan,
  initialPromptTokens,
  planDecoding,
  resolveLanguage,
  sequencesNeeded,
} from "../decoding/decoding-plan.ts";
import { detectLanguage, type LanguageDetection } from "../decoding/detect-language.ts";
import { decodeWithFallback } from "../decoding/fallback.ts";
import { OptionError } from "../errors.ts";
import { computeLogMel, type LogMel } from "../features/log-mel.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { DecodingState } from "../model/decoding-state.ts";
import type { EncodedAudio } from "../model/encoder.ts";
import type { WhisperModel } from "../model/load-model.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { Progress } from "./progress.ts";
import { PromptHistory } from "./prompt-history.ts";
import { Stopwatch } from "./stopwatch.ts";

/** A loaded model. */
export interface LoadedModel {
  readonly kernels: Kernels;
  readonly description: ModelDescription;
  readonly model: WhisperModel;
}

/** What differs from window to window. */
export interface WindowRequest {
  /** Token ids of the text before the window. */
  readonly prompt: readonly number[];
  /** Whether the model is asked for timestamps. */
  readonly timestamps: boolean;
  /** Frames from the start of the recording. */
  readonly seek: number;
  /** Whether it is the first window, which alone has a prefix. */
  readonly isFirst: boolean;
}

/** A decoded window, and how it was decoded. */
export interface PlannedWindow {
  readonly window: DecodedWindow;
  readonly plan: DecodingPlan;
}

/** Hears windows, one after another or several together: encodes and decodes them, in one language. */
export class WindowListener {
  /** Wall clock. */
  readonly seconds = { features: 0, encode: 0, decode: 0 };
  readonly loaded: LoadedModel;
  readonly options: DecodingOptions;
  readonly progress: Progress;
  /** Of the text before the recording. */
  readonly initialPrompt: readonly number[];
  /** Where the language was detected. */
  detection: LanguageDetection | null = null;
  /** null for models that have none; undefined until it is detected. */
  #language: string | null | undefined;

  /** @throws OptionError for options that are impossible with this model */
  constructor(loaded: LoadedModel, options: DecodingOptions, progress: Progress) {
    this.loaded = loaded;
    this.options = options;
    this.progress = progress;
    this.#language = this.#givenLanguage();
    this.initialPrompt = this.#initialPrompt();
    this.#checkPlan();
  }

  /** @throws RangeError before it is known */
  get language(): string | null {
    if (this.#language === undefined) throw new RangeError("The language is not known yet.");
    return this.#language;
  }

  get isLanguageKnown(): boolean {
    return this.#language !== undefined;
  }

  /** Whether the encoder hears the audio alone, without silence up to a whole window. */
  get isTrimmed(): boolean {
    const { encoderContext } = this.loaded.description.config;
    return (this.options.encoderContext ?? encoderContext) === "trimmed";
  }

  /** What windows that are heard one after another tell each other. */
  beginHistory(): PromptHistory {
    const { config, tokenizer } = this.loaded.description;
    const { conditionOnPreviousText = true, carryInitialPrompt = false } = this.options;
    return new PromptHistory(this.initialPrompt, {
      room: Math.floor(config.targetPositions / 2) - 1,
      carried: carryInitialPrompt,
      conditions: conditionOnPreviousText && tokenizer.special.startOfPrev !== null,
    });
  }

  /** Log-mel frames that the encoder hears for `frameCount` frames of audio. */
  heardFrames(frameCount: number): number {
    return this.isTrimmed ? frameCount : this.loaded.description.features.windowFrames;
  }

  /** Puts the log-mel of audio that one window holds on the heap. */
  placeLogMel(samples: Float32Array): LogMel {
    const { kernels, description } = this.loaded;
    const padTo = this.isTrimmed ? "none" : "window";
    return computeLogMel(kernels, samples, description.features, { padTo });
  }

  /**
   * Encodes one window and hands its decoder to `use`; all memory is given back afterwards.
   *
   * @param placeLogMel puts the window's log-mel on the heap
   */
  async listen<Result>(
    placeLogMel: () => LogMel,
    use: (decoder: DecodingState) => Promise<Result>,
  ): Promise<Result> {
    return this.listenTogether([placeLogMel], use);
  }

  /** The same for several windows, which one decoder hears side by side. */
  async listenTogether<Result>(
    placeLogMels: readonly (() => LogMel)[],
    use: (decoder: DecodingState) => Promise<Result>,
  ): Promise<Result> {
    const { kernels, model } = this.loaded;
    const mark = kernels.heap.mark();
    const watch = new Stopwatch();
    try {
      const audios: EncodedAudio[] = [];
      for (const [i, placeLogMel] of placeLogMels.entries()) {
        const step = (status: "features" | "encode", share: number) => {
          return this.progress.step(status, (i + share) / placeLogMels.length);
        };
        await step("features", 0);
        const { pointer, frameCount } = placeLogMel();
        this.seconds.features += watch.lap();

        await step("encode", 0);
        const encode = (done: number, total: number) => step("encode", done / total);
        audios.push(await model.encoder.encode(pointer, frameCount, encode));
        this.seconds.encode += watch.lap();
      }
      const sequences = sequencesNeeded(this.options);
      const result = await use(model.decoder.open(audios, { sequences }));
      this.seconds.decode += watch.lap();
      return result;
    } finally {
      kernels.heap.release(mark);
    }
  }

  /** Finds the language of the audio, where it is not known. */
  detectLanguage(decoder: DecodingState): void {
    if (this.isLanguageKnown) return;
    const { special, languages } = this.loaded.description.tokenizer;
    this.detection = detectLanguage(decoder, special.startOfTranscript, languages);
    this.#language = this.detection.language;
  }

  /** Decodes the window; its language must be known. */
  async decode(decoder: DecodingState, request: WindowRequest): Promise<PlannedWindow> {
    const [window] = await this.decodeTogether(decoder, [request]);
    return window!;
  }

  /** Decodes the decoder's windows side by side. The progress tells the text of the first. */
  async decodeTogether(
    decoder: DecodingState,
    requests: readonly WindowRequest[],
  ): Promise<PlannedWindow[]> {
    const { tokenizer } = this.loaded.description;
    const plans = requests.map((request) => this.#plan(request, this.language));
    let text = "";
    const windows = await decodeWithFallback(decoder, plans, {
      positions: requests.map(({ seek }) => seek),
      onStep: ([running]) => {
        const { window, tokens } = running!;
        if (window === 0) text = tokenizer.decodeText(tokens);
        const share = Math.min(1, tokens.length / plans[window]!.maxTokens);
        return this.progress.step("decode", share, text);
      },
    });
    return plans.map((plan, i) => ({ window: windows[i]!, plan }));
  }

  /** How the words of a window are timed, of which `frameCount` frames hold audio. */
  alignmentOptions(
    { initialTokens, startIndex }: DecodingPlan,
    frameCount: number,
  ): AlignmentOptions {
    const { tokenizer, features, generation } = this.loaded.description;
    const startCount = generation.isMultilingual ? 3 : 1;
    return {
      tokenizer,
      language: this.language,
      startTokens: initialTokens.slice(startIndex, startIndex + startCount),
      heads: generation.alignmentHeads,
      positions: Math.floor(frameCount / 2),
      positionsPerSecond: features.sampleRate / features.hopLength / 2,
      onStep: () => this.progress.step("decode", 1),
    };
  }

  #plan(
    { prompt, timestamps, isFirst }: Omit<WindowRequest, "seek">,
    language: string | null,
  ): DecodingPlan {
    const { prefix, ...options } = this.options;
    return planDecoding(
      {
        ...options,
        prompt,
        timestamps: timestamps ? "segment" : "none",
        ...(isFirst && prefix !== undefined && { prefix }),
      },
      language,
      this.loaded.description.tokenizer,
      this.#facts,
    );
  }

  /** undefined: to be detected. */
  #givenLanguage(): string | null | undefined {
    const { tokenizer, generation } = this.loaded.description;
    const given = resolveLanguage(this.options, tokenizer, this.#facts);
    return given === undefined && !generation.isMultilingual ? null : given;
  }

  #initialPrompt(): readonly number[] {
    const { prompt = [], initialPrompt } = this.options;
    if (prompt.length > 0 && initialPrompt !== undefined) {
      throw new OptionError(
        "prompt and initialPrompt: expected one of them, found both. Give the text before the audio as token ids or as text.",
        { expected: "prompt or initialPrompt", found: "both" },
      );
    }
    if (prompt.length > 0) return prompt;
    const { tokenizer } = this.loaded.description;
    if (initialPrompt !== undefined && tokenizer.special.startOfPrev === null) {
      throw new OptionError("initialPrompt: this model has no token for a prompt. Leave it out.", {
        found: initialPrompt,
      });
    }
    return initialPromptTokens(this.options, tokenizer, this.#facts);
  }

  /** Refuses impossible options before any work; which language it is does not matter here. */
  #checkPlan(): void {
    const { tokenizer } = this.loaded.description;
    const language = this.#language ?? tokenizer.languages.keys().next().value ?? null;
    const timestamps = (this.options.timestamps ?? "none") !== "none";
    this.#plan({ prompt: this.initialPrompt, timestamps, isFirst: true }, language);
  }

  get #facts(): DecodingFacts {
    const { generation, config } = this.loaded.description;
    return { ...generation, contextLength: config.targetPositions };
  }
}
