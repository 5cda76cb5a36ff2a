import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FwhisperError } from "../../src/errors.ts";
import { UsageError } from "../../tools/command-line.ts";
import { evaluate } from "../../tools/commands/evaluate.ts";
import { inspect } from "../../tools/commands/inspect.ts";
import { tokenize } from "../../tools/commands/tokenize.ts";
import { transcribe } from "../../tools/commands/transcribe.ts";
import { onDigits } from "./run-command.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const { signal } = new AbortController();
const inspects = "inspect SAMPLE --out FOLDER/out --stage";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
  writeFileSync(`${folder}/text.wav`, "What is said.");
  writeFileSync(`${folder}/broken.jsonl`, '{"audio": "a.wav"}\n');
  writeFileSync(`${folder}/cut.wav`, readFileSync(sample).subarray(0, 20));
  writeFileSync(`${folder}/cut.jsonl`, '{"audio": "cut.wav", "text": "4"}\n');
  mkdirSync(`${folder}/taken`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The error of a command line, in which SAMPLE, FOLDER and DIGITS stand for what there is, "" for nothing. */
async function refusal(line: string): Promise<Error> {
  const [name, ...args] = line.split(" ").flatMap((word) => {
    if (word === "DIGITS") return onDigits;
    return word.replace("SAMPLE", sample).replace("FOLDER", folder).replace('""', "");
  });
  const command = { transcribe, evaluate, inspect, tokenize }[name!]!;
  return command(args, signal).then(
    () => new Error("accepted"),
    (error) => error,
  );
}

describe("the commands", () => {
  it.each([
    ["a file that is no audio", "transcribe FOLDER/text.wav", "AudioError"],
    ["a wrong file before the model", "transcribe FOLDER/text.wav --model src", "AudioError"],
    [
      "timestamps the model has not",
      "transcribe SAMPLE --timestamps segment DIGITS",
      "OptionError: --timestamps: this model has no timestamp tokens",
    ],
    ["a folder that is no model", "transcribe SAMPLE --model src", "ModelError"],
    ["a path that is not there", "tokenize 4 --model ./nowhere", "./nowhere is no folder"],
    ["a name that is no model", "tokenize 4 --model what?", "OptionError"],
    ["a manifest that is not there", "evaluate nowhere.jsonl", "OptionError: nowhere.jsonl"],
    [
      "a prompt the model takes none of, named as it was written",
      "transcribe SAMPLE --initial_prompt Ada DIGITS",
      "OptionError: --initial_prompt: this model has no token for a prompt.",
    ],
    [
      "what is impossible with the model before a recording is decoded",
      "transcribe FOLDER/cut.wav --max-tokens 9999 DIGITS",
      "OptionError: --max-tokens: expected a whole number from 1 to",
    ],
    [
      "the same of a manifest",
      "evaluate FOLDER/cut.jsonl --language xx DIGITS",
      "OptionError: --language: this model knows one language",
    ],
    [
      "what only decoding shows, named as it was written",
      "transcribe SAMPLE --suppress_tokens 0,1,2,3,4,5,6,7,8,9,10,11,12,13 DIGITS",
      "OptionError: --suppress_tokens: expected some token left",
    ],
    ["a manifest's line that is no recording", "evaluate FOLDER/broken.jsonl", "line 1"],
    [
      "a folder to write to that is not there",
      "inspect nowhere.wav --stage log-mel --out FOLDER/nowhere/out",
      "OptionError: --out",
    ],
    ["to write over a folder", "inspect SAMPLE --stage log-mel --out FOLDER/taken", "a folder"],
    ["tokens the model has not", `${inspects} logits --tokens 14 DIGITS`, "OptionError"],
  ])("refuse %s", async (_, line, message) => {
    const error = await refusal(line);
    expect(error).toBeInstanceOf(FwhisperError);
    expect(`${error.name}: ${error.message}`).toContain(message);
  });

  it.each([
    ["an unknown option", "transcribe SAMPLE --speed 9", "--speed"],
    [
      "whisper's precision",
      "transcribe SAMPLE --fp16 False",
      "--fp16: there is nothing to choose, leave it out. --weights says",
    ],
    [
      "whisper's device",
      "evaluate FOLDER/cut.jsonl --device=cpu",
      "--device: there is nothing to choose, leave it out. --threads says",
    ],
    [
      "whisper's folder of models",
      "transcribe SAMPLE --model-dir models",
      "--model-dir: no downloads are kept. To use a model from a folder, give the folder to --model.",
    ],
    ["no language", 'transcribe SAMPLE --language ""', "--language: expected a code or"],
    ["a file that is not there", "transcribe nowhere.wav", "There is no recording"],
    ["a wrong word", "transcribe SAMPLE --task sing", "transcribe, translate"],
    ["no file", "transcribe", "AUDIO is missing"],
    ["no text", "tokenize --model embedded", "TEXT is missing"],
    ["two texts", "tokenize 4 0", 'found "0" too'],
    ["a text and ids", "tokenize 4 --decode 4", "either TEXT or --decode"],
    ["an option without its value", "tokenize 4 --model", "--model: expected a value"],
    ["inspect without --out", "inspect SAMPLE --stage encoder", "--out"],
    ["inspect of no stage", "inspect SAMPLE --out x", "--stage"],
    ["logits without tokens", `${inspects} logits`, "needs --tokens"],
    ["logits of no tokens", `${inspects} logits --tokens ""`, "--tokens: expected token ids"],
    ["no mel bins", `${inspects} log-mel --mels 0`, "--mels: expected a whole number from 1"],
    ["rows of nothing", `${inspects} fwht --n 0`, "--n: expected a whole number from 1"],
    ["mel bins of an encoder", `${inspects} encoder --mels 80`, "--mels is for --stage log-mel"],
    ["tokens of a log-mel", `${inspects} log-mel --tokens 1`, "--tokens is for --stage logits"],
    ["rows of an encoder", `${inspects} encoder --n 4`, "--n is for --stage fwht"],
    ["raw logits", `${inspects} logits --tokens 1 --raw`, "--raw is for --stage fwht"],
    ["a transform that pads", `${inspects} fwht --n 4 --no-pad`, "--no-pad is for"],
    [
      "weights of a log-mel",
      `${inspects} log-mel --weights int8`,
      "--weights is for --stage encoder, logits; found --stage log-mel.",
    ],
    [
      "a kind of weights that there is not",
      "evaluate manifest.jsonl --weights int2",
      '--weights: expected f32, int8, int4; found "int2".',
    ],
    ...["0", "two", "1.5", '""'].map((threads) => [
      `${threads} threads`,
      `transcribe SAMPLE --threads ${threads}`,
      `--threads: expected a whole number from 1, found "${threads.replace('""', "")}".`,
    ]),
  ])("take %s for a misuse", async (_, line, message) => {
    const error = await refusal(line!);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
  });
});
