/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

/** @throws UsageError that names the flag, for text that is no value of it */
export type Read<Value> = (text: string, flag: string) => Value;

/** A flag of a command; one of true or false may stand without its value. */
export interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly default?: string | boolean | readonly string[];
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  /** What its text means; without, it is text. */
  readonly read?: Read<unknown>;
}

export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<Given extends Flag> = Given extends { readonly type: "boolean" }
  ? boolean
  : Given extends { readonly read: Read<infer Value> }
    ? Value
    : Given extends { readonly multiple: true }
      ? string[]
      : string;

export type Values<Table extends FlagTable> = {
  readonly [Name in keyof Table]:
    | ValueOf<Table[Name]>
    | (Table[Name] extends { readonly default: unknown } ? never : undefined);
};

export interface Command<Table extends FlagTable> {
  /** By the names of the table; what was not given and has no default is left out. */
  readonly values: Values<Table>;
  readonly positionals: readonly string[];
  /** The flags behind which positionals stand that may be a value too many. */
  readonly flagBefore: ReadonlyMap<string, string>;
}

/**
 * Reads a command line as Python's argparse does, which knows more than node:util's parseArgs:
 *
 * - `--beam-size` and `--beam_size` are one flag.
 * - `--suppress_tokens -1`: what looks like a negative number is a value.
 * - `-f srt`, `-f=srt`, `-fsrt` and `--output_format srt` are the same.
 * - `--verbose True`, `--verbose False` and `--verbose` alone: a flag that is true or false.
 *
 * Of a flag that is given twice the last one counts. All after `--` is positional.
 *
 * @throws UsageError for flags that are unknown or lack their value
 */
export function parseCommand<const Table extends FlagTable>(
  args: readonly string[],
  table: Table,
): Command<Table> {
  const names = namesByFlag(table);
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const flagBefore = new Map<string, string>();
  const rest = [...args];
  let before: string | undefined;
  while (rest.length > 0) {
    const arg = rest.shift()!;
    if (arg === "--") {
      positionals.push(...rest);
      break;
    }
    if (!/^-./s.test(arg)) {
      if (before !== undefined) flagBefore.set(arg, before);
      before = undefined;
      positionals.push(arg);
      continue;
    }
    const [, flag = arg, equals, joined] = /^(--[^=]+|-[^-=])(=?)(.*)$/s.exec(arg) ?? [];
    const name = names.get(withDashes(flag));
    if (name === undefined) throw unknownFlag(flag, table);
    const { type } = table[name]!;
    const isNext = rest[0] !== undefined && isValue(rest[0], type);
    const value = equals || joined ? joined! : isNext ? rest.shift()! : valueAlone(name, type);
    given.set(name, [...(given.get(name) ?? []), value]);
    before = name;
  }
  const values = Object.entries(table).flatMap(
    ([name, { type, multiple, read, default: fallback }]) => {
      const texts = given.get(name);
      if (texts === undefined) return fallback === undefined ? [] : [[name, fallback]];
      const last = texts.at(-1)!;
      if (multiple) return [[name, texts]];
      if (type === "boolean") return [[name, parseTruth(last, name)]];
      return [[name, read === undefined ? last : read(last, name)]];
    },
  );
  return { values: Object.fromEntries(values), positionals, flagBefore };
}

/** The names of a table by "--name", with dashes, and by "-n". */
function namesByFlag(table: FlagTable): ReadonlyMap<string, string> {
  const flags = Object.entries(table).flatMap(([name, { short }]): [string, string][] => {
    const long: [string, string] = [`--${withDashes(name)}`, name];
    return short === undefined ? [long] : [long, [`-${short}`, name]];
  });
  return new Map(flags);
}

function withDashes(flag: string): string {
  return flag.replaceAll("_", "-");
}

/** Whether an argument is the value of the flag before it; a dash alone is, other flags are not. */
function isValue(arg: string, type: Flag["type"]): boolean {
  if (type === "boolean") return /^(true|false)$/i.test(arg);
  return !/^-./s.test(arg) || /^-\.?\d/.test(arg);
}

function valueAlone(name: string, type: Flag["type"]): string {
  if (type === "boolean") return "True";
  throw new UsageError(`Option '--${name} <value>' argument missing`);
}

function parseTruth(text: string, name: string): boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  throw new UsageError(`--${name}: expected True or False, found "${text}".`);
}

/** Flags of openai/whisper's command that scripts carry, which of ours stands in their place, and how. */
const foreign: Readonly<Record<string, readonly [ours: string, hint: string]>> = {
  "--fp16": [
    "weights",
    "there is nothing to choose, leave it out. --weights says how the model's numbers are kept.",
  ],
  "--device": [
    "threads",
    "there is nothing to choose, leave it out. --threads says how many processors are used.",
  ],
  "--model-dir": [
    "model",
    "no downloads are kept. To use a model from a folder, give the folder to --model.",
  ],
};

function unknownFlag(flag: string, table: FlagTable): UsageError {
  const [ours = "", hint] = foreign[withDashes(flag)] ?? [];
  if (Object.hasOwn(table, ours)) return new UsageError(`${flag}: ${hint}`);
  return new UsageError(
    `Unknown option '${flag}'. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "${flag}"'`,
  );
}

/** The one positional argument of a command. */
export function onePositional(positionals: readonly string[], name: string): string {
  const [value, extra] = positionals;
  if (value === undefined) throw new UsageError(`${name} is missing.`);
  if (extra !== undefined)
    throw new UsageError(`Only one ${name} is possible; found "${extra}" too.`);
  return value;
}

/**
 * Takes the first `--name VALUE` or `--name=VALUE` out of a command whose other arguments may look
 * like anything.
 */
export function takeOption(args: string[], name: string): string | undefined {
  const flag = `--${name}`;
  // `-- --name` at the end is no option without its value but text.
  const end = args.at(-2) === "--" && args.at(-1) === flag ? args.length - 1 : args.length;
  const at = args.slice(0, end).findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at === -1) return undefined;
  const [found] = args.splice(at, 1);
  if (found !== flag) return found!.slice(flag.length + 1);
  const [value] = args.splice(at, 1);
  if (value === undefined) throw new UsageError(`${flag}: expected a value, found nothing.`);
  return value;
}

/** "1,2,3" as numbers. */
export function parseIds(text: string, option: string): number[] {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => parseInteger(part, option));
}

/** A whole number from `minimum`. */
export function parseInteger(text: string, option: string, minimum = 0): number {
  if (!/^\s*\d+\s*$/.test(text) || Number(text) < minimum) {
    throw new UsageError(`--${option}: expected a whole number from ${minimum}, found "${text}".`);
  }
  return Number(text);
}

/** A number, as Python's float reads it but for "inf" and "nan". */
export function parseNumber(text: string, option: string): number {
  if (text.trim() === "" || !Number.isFinite(Number(text))) {
    throw new UsageError(`--${option}: expected a number, found "${text}".`);
  }
  return Number(text);
}

/** One of a few words. */
export function parseChoice<T extends string>(
  text: string,
  choices: readonly T[],
  option: string,
): T {
  if (!choices.includes(text as T)) {
    throw new UsageError(`--${option}: expected ${choices.join(", ")}; found "${text}".`);
  }
  return text as T;
}

/** One of a few words, for the table of a command. */
export function choice<const T extends string>(...choices: readonly T[]): Read<T> {
  return (text, flag) => parseChoice(text, choices, flag);
}

export const count: Read<number> = (text, flag) => parseInteger(text, flag, 1);

/** As `read`, but Python's "None" means `none`. */
export function orNone<Value, None>(read: Read<Value>, none: None): Read<Value | None> {
  return (text, flag) => (text === "None" ? none : read(text, flag));
}
