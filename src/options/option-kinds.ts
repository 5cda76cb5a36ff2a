import type { DecodingOptions, VoiceActivityOptions } from "./options.ts";

/** What values an option takes: in words, and as a test. */
export type Kind = readonly [expected: string, accepts: (value: unknown) => boolean];

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isFrom0 = (value: unknown) => isNumber(value) && value >= 0;
const isListOf = (value: unknown, accepts: (item: unknown) => boolean) => {
  return Array.isArray(value) && value.every(accepts);
};

const flag: Kind = ["true or false", (value) => typeof value === "boolean"];
const text: Kind = ["text", (value) => typeof value === "string"];
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

export const optionKinds: { readonly [Name in keyof Required<DecodingOptions>]: Kind } = {
  language: ["a language code or English name", (value) => typeof value === "string"],
  task: oneOf("transcribe", "translate"),
  timestamps: oneOf("none", "segment", "word"),
  encoderContext: oneOf("full", "trimmed"),
  prompt: ids,
  prefix: ids,
  suppressTokens: ids,
  suppressBlank: flag,
  maxInitialTimestamp: secondsOrNull,
  maxTokens: count,
  temperature: [
    "a number from 0, or a list of them",
    (value) => isFrom0(value) || (isListOf(value, isFrom0) && (value as unknown[]).length > 0),
  ],
  beamSize: count,
  patience: ["a number above 0", (value) => isNumber(value) && value > 0],
  lengthPenalty: range(0, 1),
  bestOf: count,
  seed: ["a whole number from 0", (value) => isWhole(value) && value >= 0],
  compressionRatioThreshold: threshold,
  logProbThreshold: threshold,
  noSpeechThreshold: threshold,
  conditionOnPreviousText: flag,
  initialPrompt: text,
  carryInitialPrompt: flag,
  clipTimestamps: [
    "start, end, start, end, ... in seconds from 0, no end before its start",
    (value) => isListOf(value, isFrom0) && areClips(value as number[]),
  ],
  hallucinationSilenceThreshold: secondsOrNull,
  prependPunctuations: text,
  appendPunctuations: text,
  voiceActivity: [
    "true, false or its own options",
    (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
  ],
  batchSize: count,
};

export const voiceActivityKinds: {
  readonly [Name in keyof Required<VoiceActivityOptions>]: Kind;
} = {
  threshold: range(1, 60),
  minSpeechDuration: range(0, 60),
  minSilenceDuration: range(0, 60),
  padding: range(0, 60),
};

function oneOf(...values: readonly string[]): Kind {
  const expected = values
    .map((value) => `"${value}"`)
    .join(", ")
    .replace(/, (?="[^"]*"$)/, " or ");
  return [expected, (value) => values.includes(value as string)];
}

function range(least: number, most: number): Kind {
  const accepts = (value: unknown) => isNumber(value) && value >= least && value <= most;
  return [`a number from ${least} to ${most}`, accepts];
}

function areClips(times: readonly number[]): boolean {
  return times.every((time, i) => i % 2 === 0 || time >= times[i - 1]!);
}
