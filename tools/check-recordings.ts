import { existsSync } from "node:fs";
import { UsageError } from "./command-line.ts";
import { type FlagTable, spellFlags } from "./spell-flags.ts";

/**
 * Refuses recordings that are not there, before any work. One that stands right behind a flag may be
 * a value too many (`--word_timestamps Yes`, `--temperature 0 0.2`): what the flag takes is told too.
 *
 * @param args of the command, of which `table` tells the flags
 * @throws UsageError that names all that are missing
 */
export function checkRecordings(
  recordings: readonly string[],
  args: readonly string[],
  table: FlagTable,
): void {
  const missing = [...new Set(recordings)].filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const spelt = spellFlags(args, table);
  const hints = missing.flatMap((path) => {
    const [, flag = ""] = /^--([^=]+)=/.exec(spelt[spelt.indexOf(path) - 1] ?? "") ?? [];
    if (!Object.hasOwn(table, flag)) return [];
    const takes = table[flag]!.type === "boolean" ? "True or False" : "one value";
    return ` "${path}" stands behind --${flag}, which takes ${takes}.`;
  });
  const names = missing.map((path) => `"${path}"`).join(", ");
  throw new UsageError(`There is no recording ${names}. Check the path.${hints.join("")}`);
}
