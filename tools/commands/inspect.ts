import { stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readConfig, readFeatures } from "../../src/checkpoint/model-description.ts";
import { AudioError, OptionError } from "../../src/errors.ts";
import type { FeatureConfig } from "../../src/features/feature-config.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { hadamardOrder } from "../../src/kernels/hadamard-order.ts";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
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
import { readModel } from "../node/open-model.ts";
import { type AudioFile, openAudioFile, readRawPcm } from "../node/read-audio-file.ts";
import { encodeSamples, forceTokens, withDecoder } from "../quality/teacher-forcing.ts";

/** Numbers of one stage and their shape, row-major. */
interface Stage {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

interface PipelineOptions {
  readonly model: string;
  readonly padTo: "none" | "window";
  readonly weights: WeightsKind;
  readonly signal: AbortSignal;
}

/** A recording, or samples at the model's rate. */
type Input = AudioFile | Float32Array;

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

/**
 * [melBins, frames], the layout of the reference. Needs no file of the model but its feature
 * extractor's. `melBins` undefined: as many as the model has.
 */
async function inspectLogMel(
  kernels: Kernels,
  input: Input,
  melBins: number | undefined,
  { model, padTo, signal }: PipelineOptions,
): Promise<Stage> {
  const features = await readModel(model, { signal }, (source) => readFeatures(source, null));
  const config = melBins === undefined ? features : { ...features, melBins };
  const logMel = computeLogMel(kernels, await samplesOf(input, features), config, { padTo });
  const { frameCount, melBins: bins } = logMel;
  const timeMajor = kernels.heap.f32(logMel.pointer, frameCount * bins);
  return { values: transpose(timeMajor, frameCount, bins), shape: [bins, frameCount] };
}

/** The encoder's output, [positions, width]; or with `tokens` their logits, [tokens, vocabSize]. */
async function inspectModel(
  kernels: Kernels,
  input: Input,
  tokens: readonly number[] | undefined,
  { model, padTo, weights, signal }: PipelineOptions,
): Promise<Stage> {
  const loaded = await readModel(model, { signal }, async (source) => {
    const { config } = await readConfig(source);
    const description = { features: await readFeatures(source, config) };
    const model = await loadModel(kernels, source, config, { weights, signal });
    return { kernels, description, model };
  });
  const { width, vocabSize } = loaded.model.config;
  const samples = await samplesOf(input, loaded.description.features);
  const encoded = await encodeSamples(loaded, samples, padTo, signal);
  if (tokens === undefined) return { values: encoded, shape: [encoded.length / width, width] };
  const values = new Float32Array(tokens.length * vocabSize);
  await withDecoder(loaded, encoded, { logitRows: tokens.length }, (state) => {
    forceTokens(state, tokens, 0, (i, logits) => values.set(logits.values, i * vocabSize));
  });
  return { values, shape: [tokens.length, vocabSize] };
}

/** The Hadamard transform of each row of n float32, orthonormal or, with `raw`, of entries ±1. */
async function transformRows(
  kernels: Kernels,
  path: string,
  n: number,
  raw: boolean,
): Promise<Stage> {
  const input = await readRawPcm(path);
  if (input.length % n !== 0) {
    throw new AudioError(`${path}: expected rows of ${n} float32, found ${input.length} in all.`);
  }
  const rows = input.length / n;
  const data = kernels.heap.copyF32(input);
  kernels.hadamardRowsF32(data, rows, n);
  const scale = raw ? Math.sqrt(hadamardOrder(n)) : 1;
  return { values: kernels.heap.f32(data, input.length).map((x) => x * scale), shape: [rows, n] };
}

async function samplesOf(input: Input, { sampleRate }: FeatureConfig): Promise<Float32Array> {
  return input instanceof Float32Array ? input : input.decode(sampleRate);
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
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
