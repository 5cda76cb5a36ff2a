#!/usr/bin/env node
/** The `fwhisper` command. Results go to stdout, everything else to stderr. */

import { UsageError } from "./command-line.ts";
import { evaluate } from "./commands/evaluate.ts";
import { inspect } from "./commands/inspect.ts";
import { recast } from "./commands/recast.ts";
import { tokenize } from "./commands/tokenize.ts";
import { transcribe } from "./commands/transcribe.ts";
import { runMain } from "./run-main.ts";

const commands = { transcribe, evaluate, inspect, recast, tokenize } as const;

const usage = `Usage: fwhisper <command> [options]

  transcribe AUDIO      speech to text
      --model M             embedded (default), a folder, or a URL or Hugging Face id, whose
                            files are downloaded each time: nothing is kept
      --language CODE       spoken language; default: detected
      --task T              transcribe (default) or translate (to English)
      --timestamps T        none (default) or segment
      --encoder-context C   full or trimmed; default: what the model was trained for
      --weights W           f32, int8 or int4; default: int8, but f32 for small models
      --threads N           default: all processors of a small machine, half of a larger one
      --json                the whole result as JSON

  evaluate MANIFEST     error rate over recordings: JSON lines of {"audio", "text"}, or a folder
                        with a .txt beside each recording
      --model M             as above
      --unit U              word (default) or character
      --normaliser N        what texts are compared after: none (default), basic or english
      --weights W, --threads N  as above
      --json                totals and every recording as JSON

  inspect AUDIO         one stage of the pipeline as raw little-endian float32
      --stage S             log-mel, encoder, logits or fwht
      --out FILE            where the numbers go; their shape is printed as JSON
      --model M             as above
      --no-pad              take the audio as it is, not padded to a whole window
      --weights W           encoder, logits: f32 (default), int8 or int4
      --threads N           as above
      --pcm                 AUDIO is raw float32 at the model's sample rate
      --mels N              log-mel: this many mel bins in place of the model's
      --tokens 1,2,3        logits: the tokens fed, one row of logits each
      --n N --raw           fwht: AUDIO is raw float32 rows of N; --raw leaves out 1/sqrt(N)

  recast MODEL OUT      the model with rotated and rounded matrices, as a folder: fewer bytes
                        to download, and nothing left to do when it is loaded
      --weights W           int8 (default) or int4
      --calibrate AUDIO     a recording, or a folder of them, for better rounding; may be given
                            several times
      --force               replace the model in OUT
      --json                what was made as JSON

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
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => controller.abort(new DOMException("Interrupted.", "AbortError")));
  }
  await commands[name as keyof typeof commands](args, controller.signal);
}

// npm runs its scripts in the package's root; the user's paths are relative to where they are.
const { npm_lifecycle_event: script, npm_package_name: scripted, INIT_CWD: folder } = process.env;
if (script === "fwhisper" && scripted === "fwhisper" && folder) process.chdir(folder);

await runMain(() => main(process.argv.slice(2)), "Run fwhisper --help for the usage.");
