import { OptionError } from "../src/errors.ts";
import { checkDecodingOptions } from "../src/options/check-options.ts";
import type { DecodingOptions } from "../src/options/options.ts";
import { parseChoice, parseIds, parseInteger, parseNumber, UsageError } from "./command-line.ts";
import { temperatureLadder } from "./temperature-ladder.ts";

/** How the value of a flag becomes that of an option; undefined leaves the option out. */
interface Flag {
  readonly option: keyof DecodingOptions;
  readonly type: "string" | "boolean";
  readonly read: (value: string | boolean, flag: string) => unknown;
}

const text = (option: keyof DecodingOptions): Flag => takes(option, (value) => value);
const number = (option: keyof DecodingOptions): Flag => takes(option, parseNumber);
const count = (option: keyof DecodingOptions, least = 1): Flag => {
  return takes(option, (value, flag) => parseInteger(value, flag, least));
};
const choice = (option: keyof DecodingOptions, ...choices: readonly string[]): Flag => {
  return takes(option, (value, flag) => parseChoice(value, choices, flag));
};
const truth = (option: keyof DecodingOptions): Flag => {
  return { option, type: "boolean", read: (value) => value };
};
/** As `flag`, but Python's "None" means `none`. */
const orNone = ({ option, read }: Flag, none: null | undefined): Flag => {
  return takes(option, (value, flag) => (value === "None" ? none : read(value, flag)));
};

/** Those with an underscore are openai/whisper's (whisper/transcribe.py, cli), the others are ours. */
const flags = {
  language: takes("language", parseLanguage),
  task: choice("task", "transcribe", "translate"),
  timestamps: choice("timestamps", "none", "segment", "word"),
  word_timestamps: truth("timestamps"),
  prepend_punctuations: text("prependPunctuations"),
  append_punctuations: text("appendPunctuations"),
  hallucination_silence_threshold: orNone(number("hallucinationSilenceThreshold"), null),

  temperature: number("temperature"),
  temperature_increment_on_fallback: orNone(number("temperature"), undefined),
  beam_size: orNone(count("beamSize"), undefined),
  patience: number("patience"),
  length_penalty: number("lengthPenalty"),
  best_of: orNone(count("bestOf"), undefined),
  seed: count("seed", 0),
  compression_ratio_threshold: orNone(number("compressionRatioThreshold"), null),
  logprob_threshold: orNone(number("logProbThreshold"), null),
  no_speech_threshold: orNone(number("noSpeechThreshold"), null),

  condition_on_previous_text: truth("conditionOnPreviousText"),
  initial_prompt: text("initialPrompt"),
  carry_initial_prompt: truth("carryInitialPrompt"),
  prompt: takes("prompt", parseIds),
  prefix: takes("prefix", parseIds),
  suppress_tokens: takes("suppressTokens", parseSuppressed),
  "suppress-blank": truth("suppressBlank"),
  "max-initial-timestamp": orNone(number("maxInitialTimestamp"), null),
  "max-tokens": count("maxTokens"),

  clip_timestamps: takes("clipTimestamps", parseNumbers),
  "encoder-context": choice("encoderContext", "full", "trimmed"),
  "voice-activity": truth("voiceActivity"),
  "batch-size": count("batchSize"),
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof flags;

/** What every command that recognises speech takes, for parseCommand. */
export const decodingFlags = flags as Readonly<
  Record<FlagName, { readonly type: "string" | "boolean" }>
>;

/** Values of decoding flags, as parseCommand gives them. */
export type DecodingFlagValues = {
  readonly [Name in FlagName]?: string | boolean | undefined;
};

/**
 * The options that flags ask for; what was not given is left out.
 *
 * @throws UsageError for values that are none, and for flags that contradict each other
 */
export function parseDecodingFlags(values: DecodingFlagValues): DecodingOptions {
  const {
    temperature,
    temperature_increment_on_fallback: increment,
    timestamps,
    word_timestamps: hasWords,
    ...others
  } = readFlags(values);
  const options = {
    ...Object.fromEntries(
      Object.entries(others).map(([name, value]) => [flags[name as FlagName].option, value]),
    ),
    ...defined({
      timestamps: joinTimestamps(timestamps, hasWords),
      temperature: joinTemperatures(temperature, increment),
    }),
  } as DecodingOptions;
  try {
    checkDecodingOptions(options);
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(inFlags(error.message)) : error;
  }
  return options;
}

/** An error that only the model could tell; where it names options, it names their flags instead. */
export function errorInFlags(error: unknown): unknown {
  if (!(error instanceof OptionError)) return error;
  return new OptionError(inFlags(error.message), error.details, { cause: error });
}

function takes(option: keyof DecodingOptions, read: (value: string, flag: string) => unknown) {
  return {
    option,
    type: "string" as const,
    read: (value: string | boolean, flag: string) => read(String(value), flag),
  };
}

/** Of the flags that were given, what they say; other values of the command line are not looked at. */
function readFlags(values: DecodingFlagValues): { readonly [Name in FlagName]?: unknown } {
  const given = Object.entries(flags).map(([name, { read }]): [string, unknown] => {
    const value = values[name as FlagName];
    return [name, value === undefined ? undefined : read(value, name)];
  });
  return defined(Object.fromEntries(given));
}

function defined<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
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
  return temperatureLadder((temperature ?? 0) as number, increment as number);
}

/** "-1" is the model's list, which is the default; "" suppresses nothing. */
function parseSuppressed(value: string, flag: string): number[] | undefined {
  if (value.trim() === "-1") return undefined;
  if (value.split(",").some((id) => Number(id) < 0)) {
    throw new UsageError(
      `--${flag}: expected -1 (the model's own list), token ids such as 1,2,3, or "" for none; found "${value}".`,
    );
  }
  return parseIds(value, flag);
}

/** Which languages there are is known with the model; that none is named, before. */
function parseLanguage(value: string, flag: string): string {
  if (value.trim() !== "") return value;
  throw new UsageError(
    `--${flag}: expected a code or an English name, found nothing. Leave it out to have the language detected.`,
  );
}

function parseNumbers(value: string, flag: string): number[] {
  return value === "" ? [] : value.split(",").map((part) => parseNumber(part, flag));
}

/**
 * A message on options, in the words of the command line. Names that are plain words too are taken
 * for options where the message begins with them (`prompt and prefix: ...`) and before a value
 * (`timestamps "word"`).
 */
function inFlags(message: string): string {
  const names = new Map(Object.entries(flags).map(([flag, { option }]) => [option, flag]));
  names.set("timestamps", "timestamps").set("temperature", "temperature");
  const toFlag = (word: string) => {
    const flag = names.get(word as keyof DecodingOptions);
    return flag === undefined ? word : `--${flag}`;
  };
  return message
    .replace(/^\w+(?: and \w+)*(?=:)/, (subject) => subject.replace(/\w+/g, toFlag))
    .replace(/(?<![-"\w])(?:[a-z]+[A-Z]\w*|\w+(?= "))/g, toFlag);
}
