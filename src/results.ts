/** What recognition gives back and reports on its way. Times are seconds, probabilities 0..1. */

/** A word and when it is spoken. Joined, the words of a segment are its text. */
export interface Word {
  /** As it stands in the text, the space before it included. */
  readonly word: string;
  /** Seconds from the start of the audio. */
  readonly start: number;
  readonly end: number;
  /** Mean probability of its tokens. */
  readonly probability: number;
}

/** A stretch of speech. */
export interface Segment {
  /** Position in the transcript, from 0. */
  readonly id: number;
  /** Where its window begins, in log-mel frames from the start of the audio. */
  readonly seek: number;
  /** Seconds from the start of the audio. */
  readonly start: number;
  readonly end: number;
  /** In a long recording perhaps empty: a segment that lasts no time or says nothing is kept without text. */
  readonly text: string;
  /** Sampled token ids of this segment, its timestamp tokens included. */
  readonly tokens: readonly number[];
  /** Temperature at which its window was decoded. */
  readonly temperature: number;
  /** Mean log-probability (natural) of the window's sampled tokens, end-of-text included. */
  readonly avgLogProb: number;
  /** UTF-8 bytes of the window's text over their zlib-compressed size: high where it repeats itself. */
  readonly compressionRatio: number;
  /** Probability that the window holds no speech. */
  readonly noSpeechProb: number;
  /** Only with word timestamps; empty where the text is. */
  readonly words?: readonly Word[];
}

/** Where the time went, in seconds of wall clock. */
export interface Timing {
  /** Loading the model, once for all transcripts. */
  readonly load: number;
  /** Samples to log-mel. */
  readonly features: number;
  readonly encode: number;
  readonly decode: number;
  /** (features + encode + decode) / duration of the audio. */
  readonly realTimeFactor: number;
}

export interface Transcript {
  readonly text: string;
  /** Whisper's language code ("en"); null where the model knows only one and names none. */
  readonly language: string | null;
  /** Where the language was detected: the probability of each that the model knows, highest first. */
  readonly languageProbabilities?: Readonly<Record<string, number>>;
  /** Seconds of audio. */
  readonly duration: number;
  /**
   * Sampled token ids without end-of-text: all of them where the audio is one window, else those of
   * the segments, as what a window leaves unfinished is heard again in the next.
   */
  readonly tokens: readonly number[];
  /** Empty when no window holds speech; then avgLogProb and noSpeechProb say why. */
  readonly segments: readonly Segment[];
  /** Mean log-probability (natural) of the sampled tokens of all windows, end-of-text included. */
  readonly avgLogProb: number;
  /**
   * Probability that the window holds no speech, 0 where the model cannot tell; of several windows the
   * lowest, which is that of the likeliest speech.
   */
  readonly noSpeechProb: number;
  readonly timing: Timing;
}

/** Progress while a model loads. `status` tells the kind. */
export type LoadProgress =
  /** Bytes of one file; `cached` says that they come from the store, not the network. */
  | {
      readonly status: "download";
      readonly file: string;
      readonly loadedBytes: number;
      /** null while the server has not told. */
      readonly totalBytes: number | null;
      readonly cached: boolean;
    }
  /** Something went less well than hoped; recognition goes on. */
  | { readonly status: "warning"; readonly message: string }
  /** The model is in memory. */
  | { readonly status: "ready"; readonly wasmBytes: number };

/** Progress while audio is recognised. `fraction` is 0..1 of the whole call, never falling. */
export type TranscribeProgress = {
  readonly status: "features" | "encode" | "decode";
  readonly fraction: number;
  /** Text recognised so far. */
  readonly text: string;
  /** Seconds of audio that are finished, of those that are to be recognised. */
  readonly doneSeconds: number;
  readonly totalSeconds: number;
};

/**
 * What `Transcriber.stream` tells, in the order of the audio. `status` tells the kind; times are
 * seconds from the start of the audio.
 */
export type StreamEvent =
  /** What follows the final text so far and may still change; it replaces the partial text before it. */
  | { readonly status: "partial"; readonly text: string; readonly start: number }
  /** Text that will not change; with it partial text is over. */
  | { readonly status: "final"; readonly segment: Segment }
  /** Nobody speaks. */
  | { readonly status: "silence"; readonly start: number; readonly end: number }
  /**
   * Of a live source whose language was not given: what it is from now on, as enough was heard to be sure.
   * It may come again where another language is spoken.
   */
  | {
      readonly status: "languageDetected";
      readonly language: string;
      readonly probability: number;
    }
  /** Something goes less well than hoped; recognition goes on. `behind`: seconds of audio that wait. */
  | { readonly status: "warning"; readonly message: string; readonly behind: number }
  /** All is said. A live stream may last for hours: its text is its final events', its transcript null. */
  | {
      readonly status: "done";
      readonly language: string | null;
      readonly duration: number;
      readonly transcript: Transcript | null;
      /** Of a live stream; a recording's is in its transcript. */
      readonly timing?: Timing;
    };
