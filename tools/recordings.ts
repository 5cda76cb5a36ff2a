import { existsSync } from "node:fs";
import { EngineError, FwhisperError, OptionError } from "../src/errors.ts";
import { type FlagTable, UsageError } from "./command-line.ts";

/**
 * Refuses recordings that are not there, before any work. One that stands right behind a flag may be
 * a value too many (`--word_timestamps Yes`, `--temperature 0 0.2`): what the flag takes is told too.
 *
 * @param flagBefore and `table`: as parseCommand gives and takes them
 * @throws UsageError that names all that are missing
 */
export function checkRecordings(
  recordings: readonly string[],
  flagBefore: ReadonlyMap<string, string>,
  table: FlagTable,
): void {
  const missing = [...new Set(recordings)].filter((path) => path !== "-" && !existsSync(path));
  if (missing.length === 0) return;
  const hints = missing.map((path) => {
    const flag = flagBefore.get(path);
    if (flag === undefined) return "";
    const takes = table[flag]!.type === "boolean" ? "True or False" : "one value";
    return ` "${path}" stands behind --${flag}, which takes ${takes}.`;
  });
  const names = missing.map((path) => `"${path}"`).join(", ");
  throw new UsageError(`There is no recording ${names}. Check the path.${hints.join("")}`);
}

/** Whether another recording may fare better: it is neither the options nor the engine. */
export function isOfOneRecording(error: unknown): error is FwhisperError {
  if (error instanceof OptionError || error instanceof EngineError) return false;
  return error instanceof FwhisperError;
}

/** What happened to which recording. */
export function describeFailure(recording: string, { name, message }: FwhisperError): string {
  return `${name}: ${message.includes(recording) ? message : `${recording}: ${message}`}`;
}

/** What a command ends with that went on without some of its recordings. */
export function someFailed(failures: number, total: number): FwhisperError {
  return new FwhisperError(`${failures} of ${total} recordings failed.`, { failures });
}
