import type { LoadProgress, TranscribeProgress } from "../results.ts";

/** How much silence the encoder sees: a whole window, or only the frames of the recording. */
export type EncoderContext = "full" | "trimmed";

export type Task = "transcribe" | "translate";

/** How the matrices of a model lie in memory: as floats, or rotated and rounded to 8 or 4 bits. */
export type WeightsKind = "f32" | "int8" | "int4";

/** A model whose files lie at known addresses: plain data, such as `fwhisper/tiny.en` exports. */
export interface ModelFiles {
  /** What the model store keeps it under, wherever its files lie; of that name there is one model. */
  readonly name: string;
  /** Absolute addresses by the names of the files in the Hugging Face layout; there are no others. */
  readonly files: Readonly<Record<string, string>>;
}

/** Options of `createTranscriber`. */
export interface LoadOptions {
  /** Branch, tag or commit of a Hugging Face id; default "main". */
  readonly revision?: string;
  /** Where Hugging Face ids are found; default "https://huggingface.co". */
  readonly host?: string;
  /**
   * How matrices are kept. Default "int8", which is the fastest, but "f32" for models narrower than 256,
   * which gain nothing by it. A model that was recast stays what it was recast to.
   */
  readonly weights?: WeightsKind;
  /**
   * How many threads recognise; default: all processors of a small machine, half of a larger one, at
   * most 8. More than there are processors is capped; a page that is not cross-origin isolated has one.
   */
  readonly threads?: number;
  readonly onProgress?: (event: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** What recognition may be told. Names follow openai/whisper's options, in camelCase. */
export interface DecodingOptions {
  /** Whisper's language code or English name; default: the most probable language. */
  readonly language?: string;
  /** Default "transcribe". */
  readonly task?: Task;
  /**
   * "word" gives the times of words too; "segment" refuses a model that has no timestamps; default
   * "none".
   *
   * Whatever is asked for, a model that has timestamps decodes them: a recording is cut where they say,
   * and its segments are those found so (whisper/transcribe.py), since a window with pauses that is
   * decoded without them may end at the first. Where a model has none, a recording is cut at quiet
   * places, and audio of one window is one segment (whisper/decoding.py).
   */
  readonly timestamps?: "none" | "segment" | "word";
  /** Default: what the model's config says, else "full". */
  readonly encoderContext?: EncoderContext;
  /**
   * Token ids of the text before the audio, in place of `initialPrompt`; only the last
   * n_text_ctx / 2 - 1 are used.
   */
  readonly prompt?: readonly number[];
  /** Token ids the transcript must begin with: those of the first window. They are not repeated in it. */
  readonly prefix?: readonly number[];
  /** Token ids never to be sampled, in place of the model's own list; [] suppresses nothing. */
  readonly suppressTokens?: readonly number[];
  /** Forbid an empty transcript and a leading space; default true. */
  readonly suppressBlank?: boolean;
  /** Latest first timestamp, seconds; null for no limit; default 1. */
  readonly maxInitialTimestamp?: number | null;
  /** Most tokens to sample in a window; default half of the model's text context. */
  readonly maxTokens?: number;

  /**
   * 0 takes the most probable token, more samples among them. A list is a ladder: the next is tried
   * where a window looks wrong by the thresholds below; a number is that temperature alone. Default
   * 0, 0.2, 0.4, 0.6, 0.8, 1, which costs nothing where text looks right at 0.
   */
  readonly temperature?: number | readonly number[];
  /** Hypotheses kept at temperature 0; default: none but the best (greedy). */
  readonly beamSize?: number;
  /** The search ends when beamSize * patience hypotheses are finished; default 1. */
  readonly patience?: number;
  /** Exponent of ((5 + length) / 6) by which sums of log-probabilities are divided, 0..1; default: by length. */
  readonly lengthPenalty?: number;
  /** Samples drawn above temperature 0, of which the best is taken; default 1. */
  readonly bestOf?: number;
  /** Of the random numbers that sampling uses; default 0. */
  readonly seed?: number;

  /** A window whose text compresses better than this repeats itself; null never; default 2.4. */
  readonly compressionRatioThreshold?: number | null;
  /** A window whose average log-probability is below this looks wrong; null never; default -1. */
  readonly logProbThreshold?: number | null;
  /** Above this no-speech probability a window with a poor average log-probability gives no text; null never; default 0.6. */
  readonly noSpeechThreshold?: number | null;

  /**
   * Give a window the text before it as its prompt, unless that was sampled at a temperature above
   * 0.5; default true where the model has a token for it.
   */
  readonly conditionOnPreviousText?: boolean;
  /** Text that the first window is told to follow: names, spelling, style. */
  readonly initialPrompt?: string;
  /** Repeat the initial prompt in front of every window's; default false. */
  readonly carryInitialPrompt?: boolean;
  /**
   * Recognise these clips alone: start, end, start, end, ... in seconds; the last end may be missing.
   */
  readonly clipTimestamps?: readonly number[];
  /** With word times: skip silence longer than this, seconds, around text that looks invented; default: do not look. */
  readonly hallucinationSilenceThreshold?: number | null;
  /** Punctuation that belongs to the word after it; default whisper's. */
  readonly prependPunctuations?: string;
  /** Punctuation that belongs to the word before it; default whisper's. */
  readonly appendPunctuations?: string;

  /**
   * Cut silence before recognition; times are mapped back. Default false; live sources are always cut
   * where nobody speaks, and only the detector's options count for them.
   */
  readonly voiceActivity?: boolean | VoiceActivityOptions;
  /**
   * With voiceActivity: windows full of speech that are decoded together, which is faster and takes
   * memory for as many. Above 1 no window is told of the text before it, and all are told of
   * `initialPrompt`. Default 1.
   */
  readonly batchSize?: number;
}

/** How speech is told from silence. */
export interface VoiceActivityOptions {
  /** Decibels above the noise floor that count as speech; default 9. */
  readonly threshold?: number;
  /** Shorter sounds are no speech, seconds; default 0.1. */
  readonly minSpeechDuration?: number;
  /** Shorter pauses do not end a stretch of speech, seconds; default 0.5. */
  readonly minSilenceDuration?: number;
  /** Kept around each stretch, seconds; default 0.2. */
  readonly padding?: number;
}

/** Options of `Transcriber.transcribe`. */
export interface TranscribeOptions extends DecodingOptions {
  readonly onProgress?: (event: TranscribeProgress) => void;
  readonly signal?: AbortSignal;
}

/** How live sources are heard. */
export interface LiveOptions {
  /** Seconds of new audio after which partial text is brought up to date; default 1. */
  readonly interval?: number;
  /** Seconds after which a word becomes final though it still changes; default 8. */
  readonly maxLatency?: number;
}

/** Options of `Transcriber.stream`. */
export interface StreamOptions extends DecodingOptions, LiveOptions {
  /** How far a recording is; a live source has no end to be told of. */
  readonly onProgress?: (event: TranscribeProgress) => void;
  readonly signal?: AbortSignal;
  /** Of a live source's blocks of samples, Hz; default: the model's. A MediaStream knows its own. */
  readonly sampleRate?: number;
}
