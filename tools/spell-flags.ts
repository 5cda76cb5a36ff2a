import type { ParseArgsConfig } from "node:util";

export type FlagTable = NonNullable<ParseArgsConfig["options"]>;

/**
 * Spells a command line as node:util's parseArgs wants it, which knows less than Python's argparse:
 *
 * - `--beam-size` and `--beam_size` are one flag; it gets the name that the table has.
 * - `--suppress_tokens -1`: what looks like a negative number is a value.
 * - `-f srt`, `-f=srt` and `--output_format srt` are the same.
 * - `--verbose True`, `--verbose False` and `--verbose` alone: a flag that is true or false always
 *   gets a value.
 *
 * What is no flag of the table stays as it is, and so does everything after `--`.
 */
export function spellFlags(args: readonly string[], table: FlagTable): string[] {
  const names = namesByFlag(table);
  const spelt: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return [...spelt, ...args.slice(i)];
    const [, flag = "", inline] = /^(-[^=]+)(=.*)?$/s.exec(arg) ?? [];
    const name = names.get(withDashes(flag));
    if (name === undefined) {
      spelt.push(arg);
      continue;
    }
    const next = args[i + 1];
    if (inline !== undefined) {
      spelt.push(`--${name}${inline}`);
    } else if (next !== undefined && isValue(next, table[name]!.type)) {
      spelt.push(`--${name}=${next}`);
      i += 1;
    } else {
      spelt.push(table[name]!.type === "boolean" ? `--${name}=True` : `--${name}`);
    }
  }
  return spelt;
}

/** The names of a table by "--name", with dashes, and by "-n". */
function namesByFlag(table: FlagTable): ReadonlyMap<string, string> {
  const flags = Object.entries(table).flatMap(([name, { short }]) => {
    const long: [string, string] = [`--${withDashes(name)}`, name];
    return short === undefined ? [long] : [long, [`-${short}`, name] as [string, string]];
  });
  return new Map(flags);
}

function withDashes(flag: string): string {
  return flag.replaceAll("_", "-");
}

/** Whether an argument is the value of the flag before it; a dash alone is, other flags are not. */
function isValue(arg: string, type: "string" | "boolean"): boolean {
  if (type === "boolean") return /^(true|false)$/i.test(arg);
  return !/^-./s.test(arg) || /^-\.?\d/.test(arg);
}
