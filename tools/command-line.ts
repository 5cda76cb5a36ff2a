import { type ParseArgsConfig, parseArgs } from "node:util";

/** The command line itself is wrong: the usage text follows the message, exit code 2. */
export class UsageError extends Error {}

/** node:util's parseArgs with positionals, its complaints as UsageError. */
export function parseCommand<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The one positional argument of a command. */
export function onePositional(positionals: readonly string[], name: string): string {
  const [value, extra] = positionals;
  if (value === undefined) throw new UsageError(`${name} is missing.`);
  if (extra !== undefined)
    throw new UsageError(`Only one ${name} is possible; found "${extra}" too.`);
  return value;
}

/** "1,2,3" as numbers. */
export function parseIds(text: string, option: string): number[] {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => parseInteger(part, option));
}

/** A whole number from 0. */
export function parseInteger(text: string, option: string): number {
  if (!/^\s*\d+\s*$/.test(text)) {
    throw new UsageError(`--${option}: expected a whole number, found "${text}".`);
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
