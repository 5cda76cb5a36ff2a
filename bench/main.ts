/**
 * `npm run bench -- BENCH`: measures in Chromium, or in Node with --node; a table for people and a
 * line of JSON for machines.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseChoice, parseCommand, parseInteger, UsageError } from "../tools/command-line.ts";
import { nodeHost } from "../tools/node/kernels.ts";
import { runMain } from "../tools/run-main.ts";
import { runInBrowser } from "./browser.ts";
import { modelFiles } from "./model-files.ts";
import {
  type BenchHost,
  type BenchMessage,
  type BenchName,
  type BenchRequest,
  benchNames,
  type WeightsKind,
} from "./protocol.ts";
import { benchQuality } from "./quality/bench-quality.ts";
import { randomModel } from "./random-model.ts";
import { formatJson, formatReport } from "./report.ts";
import { runBench } from "./run-bench.ts";
import { type ShapeName, shapeNames } from "./shapes.ts";

const usage = `npm run bench -- BENCH [options]

  kernels      linear layers of the encoder and of one decoder step
  encode       the encoder, one window of 30 s
  decode       one token after the other
  batch        windows decoded together, beside one after another
  end-to-end   log-mel, encoder and 100 tokens: the real-time factor
  peers        the same beside onnxruntime-web
  memory       peak WebAssembly memory
  fwht         Hadamard transforms of rows
  rotation     what rotation is worth against outliers, in dB
  decode-codes entropy-coded int8 weights: decoding, loading, encoding
  quality      what rounding costs on real speech; options of its own, below

      --node           in Node; default: in Chromium
      --shape S,...    ${shapeNames.join(", ")}; default tiny
      --weights W,...  f32, int8, int4; default: all three
      --threads N,...  default 1
      --runs N         samples of each; default 5

  quality runs in Node, on recordings beside FWHISPER_REFERENCE, and has these options alone:

      --model M        a float checkpoint: folder, URL, Hugging Face id or short name; default the
                       tiny.en beside the recordings
      --recast DIR     what \`fwhisper recast\` made of it; may be repeated
      --clips C        held-out, calibration, all; default held-out
      --speeds S,...   default 1,0.93,1.07
      --build B        plain (default) or relaxed, which Node 20 runs after
                       node --no-liftoff --experimental-wasm-relaxed-simd --import tsx
      --only-recast    no plainly loaded ones beside those of --recast
      --threads N      default: as many as there are processors
      --svg PATH       writes a picture of bytes against KL

  model-files OUT      no measurement: writes the random model of --shape as a Hugging Face folder`;

const weightsKinds: readonly WeightsKind[] = ["f32", "int8", "int4"];

async function main(): Promise<void> {
  const [bench, ...args] = process.argv.slice(2);
  if (bench === "quality") return benchQuality(args);
  const { values, positionals } = parseCommand(process.argv.slice(2), {
    node: { type: "boolean", default: false },
    shape: { type: "string", default: "tiny" },
    weights: { type: "string", default: weightsKinds.join() },
    threads: { type: "string", default: "1" },
    runs: { type: "string", default: "5" },
  });
  const shapes = parseList(values.shape, shapeNames, "shape");
  const [name, out, ...rest] = positionals;
  if (name === "model-files") {
    if (out === undefined || rest.length > 0 || shapes.length > 1) {
      throw new UsageError("model-files: expected one folder and one --shape.");
    }
    // npm runs its scripts in the package's root; the user's paths are relative to where they are.
    const folder = resolve(process.env.INIT_CWD ?? ".", out);
    const bytes = await writeModel(shapes[0]!, folder);
    console.log(`${out}: a random ${shapes[0]} model, ${(bytes / 1e6).toFixed(1)} MB of weights`);
    return;
  }
  if (!benchNames.includes(name as BenchName) || out !== undefined) {
    throw new UsageError(
      `Expected one of ${benchNames.join(", ")}; found "${positionals.join(" ")}".`,
    );
  }
  const run = values.node ? runInNode : runInBrowser;
  const threads = values.threads.split(",").map((part) => parseInteger(part, "threads", 1));
  for (const shape of shapes) {
    // onnxruntime-web has one number of threads for as long as its page lives.
    for (const together of name === "peers" ? threads.map((count) => [count]) : [threads]) {
      const request = {
        bench: name as BenchName,
        shape,
        weights: parseList(values.weights, weightsKinds, "weights"),
        threads: together,
        runs: parseInteger(values.runs, "runs", 1),
      };
      await run(request, (message) => show(name as BenchName, message));
    }
  }
}

/** Runs a bench in this process. */
async function runInNode(
  request: BenchRequest,
  onMessage: (message: BenchMessage) => void,
): Promise<void> {
  const host: BenchHost = {
    kernels: nodeHost,
    facts: { host: `Node ${process.version}`, hardwareConcurrency: nodeHost.processors },
    readRooflines: (build) => readFile(new URL(`../build/bench-${build}.wasm`, import.meta.url)),
    openOnnxRuntime: () => import("onnxruntime-web"),
    progress: (text) => onMessage({ type: "progress", text }),
  };
  for (const report of await runBench(request, host)) {
    onMessage({ type: "report", report, facts: host.facts });
  }
}

/**
 * Writes the random model of that shape as a folder in the Hugging Face layout, the weights as F16:
 * a fixture for anything that reads Whisper checkpoints.
 *
 * @returns bytes of the weights
 */
async function writeModel(shape: ShapeName, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(modelFiles(shape))) {
    await writeFile(join(folder, name), `${JSON.stringify(content)}\n`);
  }
  const weights = (await randomModel(shape).open("model.safetensors"))!;
  await writeFile(join(folder, "model.safetensors"), weights.stream);
  return weights.byteLength!;
}

function show(bench: BenchName, message: BenchMessage): void {
  if (message.type === "progress") process.stderr.write(`${message.text}\n`);
  if (message.type === "error") {
    process.stderr.write(`${message.message}\n`);
    process.exitCode = 1;
  }
  if (message.type === "report") {
    console.log(`${formatReport(message.report, message.facts)}\n`);
    console.log(`${formatJson(bench, message.report, message.facts)}\n`);
  }
}

function parseList<T extends string>(text: string, choices: readonly T[], option: string): T[] {
  return text.split(",").map((part) => parseChoice(part, choices, option));
}

await runMain(main, usage);
