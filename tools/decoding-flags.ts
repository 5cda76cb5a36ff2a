import { OptionError } from "../src/errors.ts";
import { checkDecodingOptions } from "../src/options/check-options.ts";
import type { DecodingOptions } from "../src/options/options.ts";
import {
  choice,
  count,
  type Flag,
  orNone,
  parseIds,
  parseInteger,
  parseNumber,
  type Read,
  UsageError,
} from "./command-line.ts";

/** What every command that runs a model takes; left out, it is as the engine sees fit. */
export const engineFlags = {
  weights: { type: "string", read: choice("f32", "int8", "int4") },
  threads: { type: "string", read: count },
} as const;

/** A flag of an option; what it reads as undefined leaves the option out. */
interface DecodingFlag extends Flag {
  readonly name: string;
  /** What its value is called in the usage. */
  readonly value: string;
}

const takes = (name: string, value: string, read: Read<unknown>): DecodingFlag => {
  return { name, type: "string", value, read };
};
const text = (name: string, value = "TEXT") => takes(name, value, (given) => given);
const truth = (name: string): DecodingFlag => ({ name, type: "boolean", value: "B" });
const numberOrNull = orNone(parseNumber, null);
const countOrDefault = orNone(count, undefined);

/**
 * The flag of each option; of two options whisper's command has two. Those with an underscore are
 * whisper's (whisper/transcribe.py, cli), the others are ours.
 */
export const flagsByOption = {
  language: takes("language", "L", parseLanguage),
  task: takes("task", "T", choice("transcribe", "translate")),
  timestamps: takes("timestamps", "T", choice("none", "segment", "word")),
  hasWords: truth("word_timestamps"),
  prependPunctuations: text("prepend_punctuations", "CHARS"),
  appendPunctuations: text("append_punctuations", "CHARS"),
  hallucinationSilenceThreshold: takes("hallucination_silence_threshold", "X", numberOrNull),

  temperature: takes("temperature", "X", parseNumber),
  temperatureIncrement: takes("temperature_increment_on_fallback", "X", numberOrNull),
  beamSize: takes("beam_size", "N", countOrDefault),
  patience: takes("patience", "X", parseNumber),
  lengthPenalty: takes("length_penalty", "X", parseNumber),
  bestOf: takes("best_of", "N", countOrDefault),
  seed: takes("seed", "N", parseInteger),
  compressionRatioThreshold: takes("compression_ratio_threshold", "X", numberOrNull),
  logProbThreshold: takes("logprob_threshold", "X", numberOrNull),
  noSpeechThreshold: takes("no_speech_threshold", "X", numberOrNull),

  conditionOnPreviousText: truth("condition_on_previous_text"),
  initialPrompt: text("initial_prompt"),
  carryInitialPrompt: truth("carry_initial_prompt"),
  prompt: takes("prompt", "IDS", parseIds),
  prefix: takes("prefix", "IDS", parseIds),
  suppressTokens: takes("suppress_tokens", "IDS", parseSuppressed),
  suppressBlank: truth("suppress-blank"),
  maxInitialTimestamp: takes("max-initial-timestamp", "X", numberOrNull),
  maxTokens: takes("max-tokens", "N", count),

  clipTimestamps: takes("clip_timestamps", "S,E,...", parseNumbers),
  encoderContext: takes("encoder-context", "C", choice("full", "trimmed")),
  voiceActivity: truth("voice-activity"),
  batchSize: takes("batch-size", "N", count),
} as const satisfies Readonly<
  Record<keyof DecodingOptions | "hasWords" | "temperatureIncrement", DecodingFlag>
>;

/** What every command that recognises speech takes, for parseCommand. */
export const decodingFlags: Readonly<Record<string, DecodingFlag>> = Object.fromEntries(
  Object.values(flagsByOption).map((flag) => [flag.name, flag]),
);

/**
 * The options that flags ask for; what was not given is left out.
 *
 * @param values as parseCommand gives them; those of other flags are not looked at
 * @throws UsageError for values that are none, and for flags that contradict each other
 */
export function parseDecodingFlags(values: Readonly<Record<string, unknown>>): DecodingOptions {
  const { hasWords, temperatureIncrement, ...given } = Object.fromEntries(
    Object.entries(flagsByOption).map(([option, { name }]) => [option, values[name]]),
  );
  const options = defined({
    ...given,
    timestamps: joinTimestamps(given.timestamps, hasWords),
    temperature: joinTemperatures(given.temperature, temperatureIncrement),
  });
  try {
    checkDecodingOptions(options, flagOf);
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(error.message) : error;
  }
  return options;
}

/** An error that only the model could tell; in place of its option it names the flag. */
export function errorInFlags(error: unknown): unknown {
  if (!(error instanceof OptionError)) return error;
  const { message, details } = error;
  const { option } = details;
  if (typeof option !== "string" || !message.startsWith(option)) return error;
  const names = option.split(" and ").map(flagOf).join(" and ");
  return new OptionError(names + message.slice(option.length), details, { cause: error });
}

function flagOf(option: string): string {
  const isFlag = Object.hasOwn(flagsByOption, option);
  return isFlag ? `--${flagsByOption[option as keyof typeof flagsByOption].name}` : option;
}

function defined(values: Readonly<Record<string, unknown>>): DecodingOptions {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** `--word_timestamps False` asks for nothing. */
function joinTimestamps(timestamps: unknown, hasWords: unknown): unknown {
  if (hasWords === undefined || timestamps === undefined) return hasWords ? "word" : timestamps;
  if (hasWords === (timestamps === "word")) return timestamps;
  throw new UsageError(
    `--timestamps ${timestamps} and --word_timestamps ${hasWords ? "True" : "False"} contradict each other. Leave one of them out.`,
  );
}

function joinTemperatures(temperature: unknown, increment: unknown): unknown {
  if (increment === undefined) return temperature;
  const first = (temperature ?? 0) as number;
  return increment === null ? first : temperatureLadder(first, increment as number);
}

/** Where the ladder ends, as whisper/transcribe.py has it: 1.0 is still a rung. */
const LADDER_STOP = 1 + 1e-6;
const SMALLEST_STEP = 0.01;

/** Temperatures from the first to 1.0, as whisper's command makes them: numpy's arange, to the last bit. */
function temperatureLadder(first: number, step: number): number[] {
  const rungs = Math.ceil((LADDER_STOP - first) / step);
  if (!(step >= SMALLEST_STEP)) {
    throw new UsageError(
      `--temperature_increment_on_fallback: expected a number from ${SMALLEST_STEP}, or None for no fallback; found ${step}.`,
    );
  }
  if (!(rungs >= 1)) {
    throw new UsageError(
      `--temperature_increment_on_fallback: from ${first} there is no way up to 1. Leave it out, or begin with a lower --temperature.`,
    );
  }
  // numpy multiplies by the difference of the first two, which is not always the step itself.
  const difference = first + step - first;
  return Array.from({ length: rungs }, (_, i) => first + i * difference);
}

/** "-1" is the model's list, which is the default; "" suppresses nothing. */
function parseSuppressed(given: string, flag: string): number[] | undefined {
  if (given.trim() === "-1") return undefined;
  if (given.split(",").some((id) => Number(id) < 0)) {
    throw new UsageError(
      `--${flag}: expected -1 (the model's own list), token ids such as 1,2,3, or "" for none; found "${given}".`,
    );
  }
  return parseIds(given, flag);
}

/** Which languages there are is known with the model; that none is named, before. */
function parseLanguage(given: string, flag: string): string {
  if (given.trim() !== "") return given;
  throw new UsageError(
    `--${flag}: expected a code or an English name, found nothing. Leave it out to have the language detected.`,
  );
}

function parseNumbers(given: string, flag: string): number[] {
  return given === "" ? [] : given.split(",").map((part) => parseNumber(part, flag));
}
