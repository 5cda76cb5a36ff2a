#!/usr/bin/env node
/** The `fwhisper` command. Results go to stdout, everything else to stderr. */

import { FwhisperError } from "../src/errors.ts";
import { UsageError } from "./command-line.ts";
import { evaluate } from "./commands/evaluate.ts";
import { inspect } from "./commands/inspect.ts";
import { tokenize } from "./commands/tokenize.ts";
import { transcribe } from "./commands/transcribe.ts";

const commands = { transcribe, evaluate, inspect, tokenize } as const;

const usage = `Usage: fwhisper <command> [options]

  transcribe AUDIO      speech to text
      --model M             embedded (default), a folder, a URL, or a Hugging Face id
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

  tokenize TEXT         text to token ids
      --model M             as above
      --decode 1,2,3        ids to text instead
`;

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...args] = argv;
  if (name === undefined || name === "help" || args.includes("--help") || name === "--help") {
    process.stdout.write(usage);
    return;
  }
  if (!Object.hasOwn(commands, name)) throw new UsageError(`There is no command "${name}".`);
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new DOMException("Interrupted.", "AbortError")));
  await commands[name as keyof typeof commands](args, controller.signal);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`fwhisper: ${error.message}\n\n${usage}`);
    process.exitCode = 2;
  } else if (error instanceof FwhisperError) {
    process.stderr.write(`fwhisper: ${error.name}: ${error.message}\n`);
    process.exitCode = 1;
  } else if (error instanceof DOMException && error.name === "AbortError") {
    process.exitCode = 130;
  } else {
    throw error;
  }
}
