import { type ParseArgsConfig, parseArgs } from "node:util";

/** The command line itself is wrong: exit code 2. */
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
