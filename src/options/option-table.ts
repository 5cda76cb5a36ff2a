import type { DecodingOptions, LiveOptions, LoadOptions, VoiceActivityOptions } from "./options.ts";

/** What values an option takes: in words, and as a test. */
export type Kind = readonly [expected: string, accepts: (value: unknown) => boolean];

/** All there is to know of an option but its meaning, which its type tells (options.ts). */
export interface Option<Value = unknown> {
  readonly kind: Kind;
  /** None where the model or the machine decides. */
  readonly default?: Value;
  /** The option without which this one means nothing: given at all, or as `value`. */
  readonly needs?: {
    readonly option: keyof DecodingOptions;
    readonly value?: string;
    readonly because?: string;
  };
}

export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: Option<Exclude<Options[Name], undefined>>;
};

/** Options with the defaults of their table in place of what was left out. */
export type Resolved<Options, Table> = Options & {
  readonly [Name in keyof Options as Name extends keyof Table
    ? Table[Name] extends { readonly default: unknown }
      ? Name
      : never
    : never]-?: Exclude<Options[Name], undefined>;
};

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isFrom0 = (value: unknown) => isNumber(value) && value >= 0;
const isText = (value: unknown) => typeof value === "string";
const isListOf = (value: unknown, accepts: (item: unknown) => boolean) => {
  return Array.isArray(value) && value.every(accepts);
};

const truth: Kind = ["true or false", (value) => typeof value === "boolean"];
const text: Kind = ["text", isText];
const count: Kind = ["a whole number from 1", (value) => isWhole(value) && value >= 1];
const secondsOrNull: Kind = [
  "seconds from 0, or null",
  (value) => value === null || isFrom0(value),
];
const threshold: Kind = ["a number or null", (value) => value === null || isNumber(value)];
const ids: Kind = [
  "an array of token ids",
  (value) => isListOf(value, (id) => isWhole(id) && id >= 0),
];
const withWords = { option: "timestamps", value: "word" } as const;

/** Thresholds and punctuation are whisper's (whisper/transcribe.py). */
export const decodingOptions = {
  language: { kind: ["a language code or English name", isText] },
  task: { kind: oneOf("transcribe", "translate"), default: "transcribe" },
  timestamps: { kind: oneOf("none", "segment", "word"), default: "none" },
  encoderContext: { kind: oneOf("full", "trimmed") },
  prompt: { kind: ids, default: [] },
  prefix: { kind: ids, default: [] },
  suppressTokens: { kind: ids },
  suppressBlank: { kind: truth, default: true },
  maxInitialTimestamp: { kind: secondsOrNull, default: 1 },
  maxTokens: { kind: count },
  temperature: {
    kind: [
      "a number from 0, or a list of them",
      (value) => isFrom0(value) || (isListOf(value, isFrom0) && (value as unknown[]).length > 0),
    ],
    // whisper/transcribe.py's: 0 first, and more where a window looks wrong.
    default: [0, 0.2, 0.4, 0.6, 0.8, 1] as readonly number[],
  },
  beamSize: { kind: count },
  patience: {
    kind: ["a number above 0", (value) => isNumber(value) && value > 0],
    default: 1,
    needs: { option: "beamSize", because: "as patience is a beam search's" },
  },
  lengthPenalty: { kind: range(0, 1) },
  bestOf: { kind: count, default: 1 },
  seed: { kind: ["a whole number from 0", (value) => isWhole(value) && value >= 0], default: 0 },
  compressionRatioThreshold: { kind: threshold, default: 2.4 },
  logProbThreshold: { kind: threshold, default: -1 },
  noSpeechThreshold: { kind: threshold, default: 0.6 },
  conditionOnPreviousText: { kind: truth, default: true },
  initialPrompt: { kind: text },
  carryInitialPrompt: { kind: truth, default: false, needs: { option: "initialPrompt" } },
  clipTimestamps: {
    kind: [
      "start, end, start, end, ... in seconds from 0, no end before its start",
      (value) => isListOf(value, isFrom0) && areClips(value as number[]),
    ],
  },
  hallucinationSilenceThreshold: { kind: secondsOrNull, default: null, needs: withWords },
  prependPunctuations: { kind: text, default: "\"'“¿([{-", needs: withWords },
  appendPunctuations: { kind: text, default: "\"'.。,，!！?？:：”)]}、", needs: withWords },
  voiceActivity: {
    kind: [
      "true, false or its own options",
      (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
    ],
    default: false,
  },
  batchSize: { kind: count, default: 1, needs: { option: "voiceActivity" } },
} as const satisfies OptionTable<DecodingOptions>;

export type ResolvedOptions = Resolved<DecodingOptions, typeof decodingOptions>;

export const voiceActivityOptions = {
  threshold: { kind: range(1, 60), default: 9 },
  minSpeechDuration: { kind: range(0, 60), default: 0.1 },
  minSilenceDuration: { kind: range(0, 60), default: 0.5 },
  padding: { kind: range(0, 60), default: 0.2 },
} as const satisfies OptionTable<VoiceActivityOptions>;

/** @param windowDuration of the model, seconds */
export const liveOptions = (windowDuration: number) => {
  return {
    interval: { kind: secondsUpTo(windowDuration / 2), default: 1 },
    maxLatency: { kind: secondsUpTo(3600), default: 8 },
  } as const satisfies OptionTable<LiveOptions>;
};

export const loadOptions = {
  revision: { kind: text, default: "main" },
  host: { kind: text, default: "https://huggingface.co" },
  weights: { kind: oneOf("f32", "int8", "int4") },
  threads: { kind: count },
} as const satisfies OptionTable<Omit<LoadOptions, "onProgress" | "signal">>;

function oneOf(...values: readonly string[]): Kind {
  const quoted = values.map((value) => `"${value}"`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return [expected, (value) => values.includes(value as string)];
}

export function range(least: number, most: number): Kind {
  const accepts = (value: unknown) => isNumber(value) && value >= least && value <= most;
  return [`a number from ${least} to ${most}`, accepts];
}

function secondsUpTo(most: number): Kind {
  const accepts = (value: unknown) => isNumber(value) && value > 0 && value <= most;
  return [`a number of seconds above 0, at most ${most}`, accepts];
}

function areClips(times: readonly number[]): boolean {
  return times.every((time, i) => i % 2 === 0 || time >= times[i - 1]!);
}
