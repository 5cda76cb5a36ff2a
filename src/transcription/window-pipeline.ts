import type { AlignmentOptions } from "../alignment/find-alignment.ts";
import type { ModelDescription } from "../checkpoint/model-description.ts";
import { type DecodedWindow, decodeWithFallback } from "../decoding/decode-windows.ts";
import {
  type DecodingPlan,
  initialPromptTokens,
  planDecoding,
  resolveLanguage,
  sequencesNeeded,
} from "../decoding/decoding-plan.ts";
import { detectLanguage, type LanguageDetection } from "../decoding/detect-language.ts";
import { promptRoom, startTokens } from "../decoding/plan-prompt.ts";
import { refuse } from "../errors.ts";
import { computeLogMel, type LogMel } from "../features/log-mel.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { DecodingState } from "../model/decoding-state.ts";
import type { EncodedAudio } from "../model/encoder.ts";
import type { WhisperModel } from "../model/load-model.ts";
import { resolveOptions } from "../options/check-options.ts";
import type { ResolvedOptions } from "../options/option-table.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { Progress } from "./progress.ts";
import type { PromptOptions } from "./prompt-history.ts";
import { Stopwatch } from "./stopwatch.ts";

/** A loaded model. */
export interface LoadedModel {
  readonly kernels: Kernels;
  readonly description: ModelDescription;
  readonly model: WhisperModel;
}

/** Encoded windows in the decoder's memory, which is given back when they are disposed. */
export interface EncodedWindows extends Disposable {
  readonly decoder: DecodingState;
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

/**
 * Log-mel -> encoder -> decoder -> tokens, for one window after another or several together, all in
 * one language.
 */
export class WindowPipeline {
  /** Wall clock. */
  readonly seconds = { features: 0, encode: 0, decode: 0 };
  readonly loaded: LoadedModel;
  readonly options: ResolvedOptions;
  readonly progress: Progress;
  /** Tokens of the text before the recording. */
  readonly initialPrompt: readonly number[];
  /** Where the language was detected. */
  detection: LanguageDetection | null = null;
  /** null for models that have none; undefined until it is detected. */
  #language: string | null | undefined;

  /** @throws OptionError for options that are impossible with this model */
  constructor(loaded: LoadedModel, options: DecodingOptions, progress: Progress) {
    const { tokenizer, generation } = loaded.description;
    this.loaded = loaded;
    this.options = resolveOptions(options);
    this.progress = progress;
    this.#language = resolveLanguage(options, tokenizer, generation);
    this.initialPrompt = this.#initialPrompt();
    // Refuses impossible options before any work; which language it is does not matter here.
    const language = this.#language ?? tokenizer.languages.keys().next().value ?? null;
    const timestamps =
      this.options.timestamps !== "none" || tokenizer.special.timestampBegin !== null;
    this.#plan({ prompt: this.initialPrompt, timestamps, isFirst: true }, language);
  }

  /** @throws RangeError before it is known */
  get language(): string | null {
    if (this.#language === undefined) throw new RangeError("The language is not known yet.");
    return this.#language;
  }

  get isLanguageKnown(): boolean {
    return this.#language !== undefined;
  }

  /** Whether the encoder sees the audio alone, without silence up to a whole window. */
  get isTrimmed(): boolean {
    const { encoderContext } = this.loaded.description.config;
    return (this.options.encoderContext ?? encoderContext) === "trimmed";
  }

  /** How windows that are recognised one after another prompt each other. */
  get promptOptions(): PromptOptions {
    const { generation, tokenizer } = this.loaded.description;
    const { conditionOnPreviousText, carryInitialPrompt } = this.options;
    return {
      room: promptRoom(generation),
      carried: carryInitialPrompt,
      conditions: conditionOnPreviousText && tokenizer.special.startOfPrev !== null,
    };
  }

  /** Log-mel frames that the encoder sees for `frameCount` frames of audio. */
  encoderFrames(frameCount: number): number {
    return this.isTrimmed ? frameCount : this.loaded.description.features.windowFrames;
  }

  /** Puts the log-mel of audio that one window holds on the heap. */
  computeLogMel(samples: Float32Array): LogMel {
    const { kernels, description } = this.loaded;
    const padTo = this.isTrimmed ? "none" : "window";
    return computeLogMel(kernels, samples, description.features, { padTo });
  }

  /**
   * Encodes windows that are to be decoded side by side.
   *
   * @param logMels each puts a window's log-mel on the heap
   */
  async encode(logMels: readonly (() => LogMel)[]): Promise<EncodedWindows> {
    const { kernels, model } = this.loaded;
    const scope = kernels.heap.scope();
    const watch = new Stopwatch();
    try {
      const audios: EncodedAudio[] = [];
      for (const [i, logMel] of logMels.entries()) {
        const step = (status: "features" | "encode", share: number) => {
          return this.progress.step(status, (i + share) / logMels.length);
        };
        await step("features", 0);
        const { pointer, frameCount } = logMel();
        this.seconds.features += watch.lap();

        await step("encode", 0);
        const onLayer = (done: number, total: number) => step("encode", done / total);
        audios.push(await model.encoder.encode(pointer, frameCount, onLayer));
        this.seconds.encode += watch.lap();
      }
      const decoder = new DecodingState(model.decoder, audios, {
        sequences: sequencesNeeded(this.options),
      });
      const dispose = () => {
        this.seconds.decode += watch.lap();
        scope[Symbol.dispose]();
      };
      return { decoder, [Symbol.dispose]: dispose };
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  /** Finds the language of the decoder's first window, where it is not known. */
  detectLanguage(decoder: DecodingState): void {
    if (this.isLanguageKnown) return;
    const { special, languages } = this.loaded.description.tokenizer;
    this.detection = detectLanguage(decoder, special.startOfTranscript, languages);
    this.#language = this.detection.language;
  }

  /**
   * Decodes the decoder's windows side by side; their language must be known. The progress tells the
   * text of the first.
   */
  async decode(
    decoder: DecodingState,
    requests: readonly WindowRequest[],
  ): Promise<DecodedWindow[]> {
    const { tokenizer } = this.loaded.description;
    const plans = requests.map((request) => this.#plan(request, this.language));
    let text = "";
    return decodeWithFallback(decoder, plans, {
      positions: requests.map(({ seek }) => seek),
      onStep: ([running]) => {
        const { window, tokens } = running!;
        // A character may be several tokens, of which the last has not come.
        if (window === 0) text = tokenizer.decodeText(tokens).replace(/\ufffd+$/u, "");
        const share = Math.min(1, tokens.length / plans[window]!.maxTokens);
        return this.progress.step("decode", share, text);
      },
    });
  }

  /** How the words of a window are timed, of which `frameCount` frames hold audio. */
  alignmentOptions(frameCount: number): AlignmentOptions {
    const { tokenizer, features, generation } = this.loaded.description;
    return {
      tokenizer,
      language: this.language,
      startTokens: startTokens(this.options, this.language, tokenizer, generation),
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
    const { tokenizer, generation } = this.loaded.description;
    return planDecoding(
      {
        ...options,
        prompt,
        timestamps: timestamps ? "segment" : "none",
        ...(isFirst && { prefix }),
      },
      language,
      tokenizer,
      generation,
    );
  }

  #initialPrompt(): readonly number[] {
    const { prompt, initialPrompt } = this.options;
    if (prompt.length > 0) return prompt;
    const { tokenizer, generation } = this.loaded.description;
    if (initialPrompt !== undefined && tokenizer.special.startOfPrev === null) {
      throw refuse("initialPrompt", "this model has no token for a prompt. Leave it out.", {
        found: initialPrompt,
      });
    }
    return initialPromptTokens(this.options, tokenizer, generation);
  }
}
