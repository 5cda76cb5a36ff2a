#!/usr/bin/env node
/** The `fwhisper` command. Results go to stdout, everything else to stderr. */

import { UsageError } from "./command-line.ts";
import { evaluate } from "./commands/evaluate.ts";
import { inspect } from "./commands/inspect.ts";
import { models } from "./commands/models.ts";
import { recast } from "./commands/recast.ts";
import { tokenize } from "./commands/tokenize.ts";
import { transcribe } from "./commands/transcribe.ts";
import { runMain } from "./run-main.ts";
import { usage } from "./usage.ts";

const commands = { transcribe, models, evaluate, inspect, recast, tokenize } as const;

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...args] = argv;
  if (name === undefined || name === "help" || name === "--help") {
    process.stdout.write(usage(args[0]));
    return;
  }
  // What is tokenized may look like anything.
  if (name !== "tokenize" && args.includes("--help")) {
    process.stdout.write(usage(name));
    return;
  }
  if (!Object.hasOwn(commands, name)) throw new UsageError(`There is no command "${name}".`);
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort(new DOMException("Interrupted.", "AbortError")));
  }
  await commands[name as keyof typeof commands](args, controller.signal);
}

// npm runs its scripts in the package's root; the user's paths are relative to where they are.
const { npm_lifecycle_event: script, npm_package_name: scripted, INIT_CWD: folder } = process.env;
if (script === "fwhisper" && scripted === "fwhisper" && folder) process.chdir(folder);

await runMain(() => main(process.argv.slice(2)), "Run fwhisper --help for the usage.");
