import { parseArgs } from "node:util";
import { hintAtFlag } from "./foreign-flags.ts";
import { type FlagTable, spellFlags } from "./spell-flags.ts";

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

type Parsed<Table extends FlagTable> = ReturnType<
  typeof parseArgs<{ options: Table; allowPositionals: true; strict: true }>
>;

/**
 * node:util's parseArgs with positionals and with more ways to write a flag, which `spellFlags`
 * tells.
 *
 * @throws UsageError for flags that are unknown or lack their value
 */
export function parseCommand<const Table extends FlagTable>(
  args: readonly string[],
  table: Table,
): Parsed<Table> {
  try {
    const { values, positionals } = parseArgs({
      args: spellFlags(args, table),
      options: asText(table),
      allowPositionals: true,
      strict: true,
    });
    const read = Object.entries(values).map(([name, value]) => {
      return [name, table[name]!.type === "boolean" ? parseTruth(String(value), name) : value];
    });
    return { values: Object.fromEntries(read), positionals } as Parsed<Table>;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { message } = error as Error;
    throw new UsageError(hintAtFlag(message, table) ?? message);
  }
}

/** The table with text in place of true and false. */
function asText(table: FlagTable): FlagTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, { type, default: fallback, ...rest }]) => {
      const isTruth = type === "boolean";
      const text = isTruth && fallback !== undefined ? String(fallback) : fallback;
      return [name, { ...rest, type: "string", ...(text !== undefined && { default: text }) }];
    }),
  );
}

function parseTruth(text: string, option: string): boolean {
  if (!/^(true|false)$/i.test(text)) {
    throw new UsageError(`--${option}: expected True or False, found "${text}".`);
  }
  return text.toLowerCase() === "true";
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
