import type { FlagTable } from "./spell-flags.ts";

/** Flags of openai/whisper's command that scripts carry, and which of ours stands in their place. */
const foreign: Readonly<Record<string, { readonly ours: string; readonly hint: string }>> = {
  fp16: {
    ours: "weights",
    hint: "there is nothing to choose, leave it out. --weights says how the model's numbers are kept.",
  },
  device: {
    ours: "threads",
    hint: "there is nothing to choose, leave it out. --threads says how many processors are used.",
  },
  model_dir: {
    ours: "model",
    hint: "no downloads are kept. To use a model from a folder, give the folder to --model.",
  },
};

/**
 * What to say of an unknown flag that whisper's command has.
 *
 * @param complaint of node:util's parseArgs
 * @param table of a command; where it lacks what stands in the flag's place, there is no hint
 */
export function hintAtFlag(complaint: string, table: FlagTable): string | undefined {
  const [, flag = ""] = /^Unknown option '--([^']+)'/.exec(complaint) ?? [];
  const name = flag.replaceAll("-", "_");
  if (!Object.hasOwn(foreign, name)) return undefined;
  const { ours, hint } = foreign[name]!;
  return Object.hasOwn(table, ours) ? `--${flag}: ${hint}` : undefined;
}
