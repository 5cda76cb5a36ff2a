import { stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { OptionError } from "../../src/errors.ts";
import { instantiateKernels } from "../../src/kernels/kernels.ts";
import {
  count,
  onePositional,
  parseChoice,
  parseCommand,
  parseIds,
  UsageError,
} from "../command-line.ts";
import { engineFlags } from "../decoding-flags.ts";
import { nodeHost } from "../node/kernels.ts";
import { openAudioFile, readRawPcm } from "../node/read-audio-file.ts";
import { inspectLogMel, inspectModel, type Stage, transformRows } from "./inspect-stages.ts";

/**
 * The options of each stage, besides --stage, --out, --model and --threads, which any may carry along.
 * A row of numbers to be transformed is raw PCM whether or not --pcm says so.
 */
const stageOptions = {
  "log-mel": ["no-pad", "pcm", "mels"],
  encoder: ["no-pad", "pcm", "weights"],
  logits: ["no-pad", "pcm", "weights", "tokens"],
  fwht: ["pcm", "n", "raw"],
} as const;

type StageName = keyof typeof stageOptions;
const stages = Object.keys(stageOptions) as StageName[];

/** `fwhisper inspect`: any stage as raw float32, so that anyone can compare it with anything. */
export async function inspect(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    stage: { type: "string" },
    out: { type: "string" },
    model: { type: "string" },
    "no-pad": { type: "boolean" },
    pcm: { type: "boolean" },
    mels: { type: "string", read: count },
    tokens: { type: "string", read: parseTokens },
    n: { type: "string", read: count },
    raw: { type: "boolean" },
    ...engineFlags,
  });
  const path = onePositional(positionals, "AUDIO");
  const stage = parseChoice(values.stage ?? "", stages, "stage");
  refuseOptionsOfOthers(stage, Object.keys(values));
  const out = required(values.out, "--out FILE is missing.");
  const { n, tokens } = values;
  if (stage === "fwht") required(n, "--stage fwht needs --n N.");
  if (stage === "logits") required(tokens, "--stage logits needs --tokens 1,2,3.");

  // The reference computes in f32, and what is looked at here is to be compared with it.
  const { weights = "f32", threads, mels: melBins } = values;

  await checkTarget(out);
  const kernels = await instantiateKernels(nodeHost, { threads });
  let result: Stage;
  if (n !== undefined) {
    result = await transformRows(kernels, path, n, values.raw ?? false);
  } else {
    // Before the model: a wrong path must not cost a download.
    const input = values.pcm ? await readRawPcm(path) : await openAudioFile(path);
    const padTo = values["no-pad"] ? "none" : "window";
    const options = { model: values.model ?? "embedded", padTo, weights, signal } as const;
    result =
      stage === "log-mel"
        ? await inspectLogMel(kernels, input, melBins, options)
        : await inspectModel(kernels, input, tokens, options);
  }
  kernels.dispose();
  await write(out, result.values);
  process.stdout.write(`${JSON.stringify({ shape: result.shape })}\n`);
}

function refuseOptionsOfOthers(stage: StageName, given: readonly string[]): void {
  const known: readonly string[] = ["stage", "out", "model", "threads", ...stageOptions[stage]];
  const stranger = given.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const owners = stages.filter((each) =>
    (stageOptions[each] as readonly string[]).includes(stranger),
  );
  throw new UsageError(
    `--${stranger} is for --stage ${owners.join(", ")}; found --stage ${stage}.`,
  );
}

function required<Value>(value: Value | undefined, complaint: string): Value {
  if (value === undefined) throw new UsageError(complaint);
  return value;
}

function parseTokens(text: string): number[] {
  const tokens = parseIds(text, "tokens");
  if (tokens.length === 0) throw new UsageError("--tokens: expected token ids, found none.");
  return tokens;
}

/** Refuses a file that cannot be, before the work whose result it is to hold. */
async function checkTarget(path: string): Promise<void> {
  const folder = dirname(path);
  const isFolder = (name: string) =>
    stat(name).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
  if (!(await isFolder(folder))) {
    throw new OptionError(`--out ${path}: there is no folder ${folder}. Create it first.`);
  }
  if (await isFolder(path)) {
    throw new OptionError(`--out ${path}: expected a file, found a folder.`);
  }
}

async function write(path: string, { buffer, byteOffset, byteLength }: Float32Array) {
  try {
    await writeFile(path, new Uint8Array(buffer, byteOffset, byteLength));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new OptionError(`--out ${path}: cannot be written (${reason}).`, {}, { cause });
  }
}
