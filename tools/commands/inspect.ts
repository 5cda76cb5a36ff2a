import { writeFile } from "node:fs/promises";
import { AudioError } from "../../src/errors.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { hadamardOrder } from "../../src/kernels/hadamard-order.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { describeModel } from "../../src/transcription/model-description.ts";
import {
  onePositional,
  parseChoice,
  parseCommand,
  parseIds,
  parseInteger,
  UsageError,
} from "../command-line.ts";
import { instantiateNodeKernels } from "../node/kernels.ts";
import { openModel } from "../node/open-model.ts";
import { readAudioFile, readRawPcm } from "../node/read-audio-file.ts";

/** Numbers of one stage and their shape, row-major. */
interface Stage {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** `fwhisper inspect`: any stage as raw float32, so that anyone can compare it with anything. */
export async function inspect(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    stage: { type: "string" },
    out: { type: "string" },
    model: { type: "string", default: "embedded" },
    "no-pad": { type: "boolean", default: false },
    pcm: { type: "boolean", default: false },
    mels: { type: "string" },
    tokens: { type: "string" },
    n: { type: "string" },
    raw: { type: "boolean", default: false },
  });
  const path = onePositional(positionals, "AUDIO");
  if (values.out === undefined) throw new UsageError("--out FILE is missing.");
  const stages = ["log-mel", "encoder", "logits", "fwht"] as const;
  const stage = parseChoice(values.stage ?? "", stages, "stage");
  const kernels = await instantiateNodeKernels();

  let result: Stage;
  if (stage === "fwht") {
    if (values.n === undefined) throw new UsageError("--stage fwht needs --n N.");
    result = await transformRows(kernels, path, parseInteger(values.n, "n"), values.raw);
  } else {
    if (stage === "logits" && values.tokens === undefined) {
      throw new UsageError("--stage logits needs --tokens 1,2,3.");
    }
    if (stage !== "log-mel" && values.mels !== undefined) {
      throw new UsageError("--mels is for --stage log-mel: the encoder takes its own number.");
    }
    result = await runPipeline(kernels, path, {
      stage,
      model: values.model,
      padTo: values["no-pad"] ? "none" : "window",
      isRaw: values.pcm,
      melBins: values.mels === undefined ? undefined : parseInteger(values.mels, "mels"),
      tokens: parseIds(values.tokens ?? "", "tokens"),
      signal,
    });
  }
  const { buffer, byteOffset, byteLength } = result.values;
  await writeFile(values.out, new Uint8Array(buffer, byteOffset, byteLength));
  process.stdout.write(`${JSON.stringify({ shape: result.shape })}\n`);
}

async function runPipeline(
  kernels: Kernels,
  path: string,
  options: {
    stage: "log-mel" | "encoder" | "logits";
    model: string;
    padTo: "none" | "window";
    isRaw: boolean;
    melBins: number | undefined;
    tokens: readonly number[];
    signal: AbortSignal;
  },
): Promise<Stage> {
  const { heap } = kernels;
  const { stage, tokens, melBins, padTo, signal } = options;
  const source = openModel(options.model, { signal });
  const { config, features } = await describeModel(source);
  const samples = options.isRaw
    ? await readRawPcm(path)
    : await readAudioFile(path, features.sampleRate);
  const model = stage === "log-mel" ? null : await loadModel(kernels, source, config, signal);
  const featureConfig = melBins === undefined ? features : { ...features, melBins };
  const logMel = computeLogMel(kernels, samples, featureConfig, { padTo });
  if (model === null) {
    const timeMajor = heap.f32(logMel.pointer, logMel.frameCount * logMel.melBins);
    return {
      values: transpose(timeMajor, logMel.frameCount, logMel.melBins),
      shape: [logMel.melBins, logMel.frameCount],
    };
  }
  const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {
    signal.throwIfAborted();
  });
  if (stage === "encoder") {
    const shape = [audio.positions, config.width];
    return { values: heap.f32(audio.pointer, audio.positions * config.width).slice(), shape };
  }
  const rows = model.decoder.open(audio).feed(
    tokens,
    tokens.map((_, i) => i),
  );
  const values = new Float32Array(rows.length * config.vocabSize);
  for (const [i, row] of rows.entries()) values.set(row, i * config.vocabSize);
  return { values, shape: [rows.length, config.vocabSize] };
}

/** The Hadamard transform of each row of n float32, orthonormal or, with `raw`, of entries ±1. */
async function transformRows(
  kernels: Kernels,
  path: string,
  n: number,
  raw: boolean,
): Promise<Stage> {
  const input = await readRawPcm(path);
  if (n === 0 || input.length % n !== 0) {
    throw new AudioError(`${path}: expected rows of ${n} float32, found ${input.length} in all.`);
  }
  const rows = input.length / n;
  const data = kernels.heap.copyF32(input);
  kernels.hadamardRowsF32(data, rows, n);
  const scale = raw ? Math.sqrt(hadamardOrder(n)) : 1;
  const values = kernels.heap.f32(data, input.length).map((x) => x * scale);
  return { values, shape: [rows, n] };
}

/** [rows, columns] to [columns, rows], the layout of the reference. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
