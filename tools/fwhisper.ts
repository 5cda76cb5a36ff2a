#!/usr/bin/env node
/** The `fwhisper` command. Results go to stdout, everything else to stderr. */

import { UsageError } from "./command-line.ts";
import { evaluate } from "./commands/evaluate.ts";
import { inspect } from "./commands/inspect.ts";
import { tokenize } from "./commands/tokenize.ts";
import { transcribe } from "./commands/transcribe.ts";
import { runMain } from "./run-main.ts";

const commands = { transcribe, evaluate, inspect, tokenize } as const;

const usage = `Usage: fwhisper <command> [options]

  transcribe AUDIO      speech to text
      --model M             embedded (default), a folder, or a URL or Hugging Face id, whose
                            files are downloaded each time: nothing is kept
      --language CODE       spoken language; default: detected
      --task T              transcribe (default) or translate (to English)
      --timestamps T        none (default) or segment
      --encoder-context C   full or trimmed; default: what the model was trained for
      --json                the whole result as JSON

  evaluate MANIFEST     error rate over recordings: JSON lines of {"audio", "text"}
      --model M             as above
      --unit U              word (default) or character
      --json                totals and every recording as JSON

  inspect AUDIO         one stage of the pipeline as raw little-endian float32
      --stage S             log-mel, encoder, logits or fwht
      --out FILE            where the numbers go; their shape is printed as JSON
      --model M             as above
      --no-pad              take the audio as it is, not padded to a whole window
      --pcm                 AUDIO is raw float32 at the model's sample rate
      --mels N              log-mel: this many mel bins in place of the model's
      --tokens 1,2,3        logits: the tokens fed, one row of logits each
      --n N --raw           fwht: AUDIO is raw float32 rows of N; --raw leaves out 1/sqrt(N)

  tokenize TEXT         text to token ids; TEXT may be anything, "--" and "--help" too
      --model M             as above
      --decode 1,2,3        ids to text instead
`;

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...args] = argv;
  const asksForHelp = name !== "tokenize" && args.includes("--help");
  if (name === undefined || name === "help" || name === "--help" || asksForHelp) {
    process.stdout.write(usage);
    return;
  }
  if (!Object.hasOwn(commands, name)) throw new UsageError(`There is no command "${name}".`);
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new DOMException("Interrupted.", "AbortError")));
  await commands[name as keyof typeof commands](args, controller.signal);
}

// npm runs its scripts in the package's root; the user's paths are relative to where they are.
const { npm_lifecycle_event: script, npm_package_name: scripted, INIT_CWD: folder } = process.env;
if (script === "fwhisper" && scripted === "fwhisper" && folder) process.chdir(folder);

await runMain(() => main(process.argv.slice(2)), "Run fwhisper --help for the usage.");
