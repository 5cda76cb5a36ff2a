import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { OptionError } from "../../src/errors.ts";
import { parseChoice, parseCommand, UsageError } from "../command-line.ts";
import { instantiateNodeKernels } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { openAudioFile } from "../node/read-audio-file.ts";
import { showProgress } from "../progress-line.ts";
import { recastModel } from "../recast/recast.ts";
import { checkOutputFolder, replaceFolder } from "../recast/replace-folder.ts";
import type { LayerSummary, RecastSummary } from "../recast/summary.ts";

/** `fwhisper recast`: a model with its matrices rotated and rounded, as a folder. */
export async function recast(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    weights: { type: "string", default: "int8" },
    calibrate: { type: "string", multiple: true, default: [] },
    force: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const [model, out, extra] = positionals;
  if (model === undefined || out === undefined) throw new UsageError("MODEL or OUT is missing.");
  if (extra !== undefined) {
    throw new UsageError(`Only MODEL and OUT are possible; found "${extra}" too.`);
  }
  const weights = parseChoice(values.weights, ["int8", "int4"], "weights");
  checkOutputFolder(out, values.force);
  await checkIsOther(model, out);
  // Before the model: a wrong path must not cost a download.
  const paths = (await Promise.all(values.calibrate.map(listRecordings))).flat();
  const recordings = await Promise.all(paths.map(openAudioFile));

  const kernels = await instantiateNodeKernels();
  const line = showProgress();
  try {
    const options = { weights, recordings, signal, onProgress: line };
    const summary = await replaceFolder(out, (folder) =>
      readModel(model, { signal }, (source) => recastModel(kernels, source, folder, options)),
    );
    line(null);
    process.stdout.write(values.json ? `${JSON.stringify(summary)}\n` : describe(summary, out));
  } finally {
    line(null);
  }
}

/** A recording, or all recordings in a folder. */
async function listRecordings(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => null);
  if (!stats?.isDirectory()) return [path];
  const files = (await readdir(path)).filter((name) => /\.(wav|flac|mp3|ogg|opus)$/i.test(name));
  if (files.length > 0) return files.sort().map((name) => join(path, name));
  throw new OptionError(`${path}: expected recordings (WAV, FLAC, MP3 or OGG), found none.`, {
    expected: "recordings",
    found: "none",
  });
}

/** A model must not be replaced by its own rounded form: the original would be lost. */
async function checkIsOther(model: string, out: string): Promise<void> {
  const [from, to] = await Promise.all(
    [model, out].map((path) => realpath(path).catch(() => null)),
  );
  if (from === null || from !== to) return;
  throw new OptionError(
    `${out} is MODEL itself. Give another folder: the original is worth keeping.`,
    {
      found: out,
    },
  );
}

function describe(
  { weights, rounding, bytesBefore, bytesAfter, total, kinds }: RecastSummary,
  out: string,
) {
  const share = ((100 * bytesAfter) / bytesBefore).toFixed(0);
  return [
    ...kinds.map(describeLayers),
    `${out}: ${weights}, rounded ${rounding === "nearest" ? "to nearest" : "with error feedback"}; ${describeRatios(total)}`,
    `${megabytes(bytesBefore)} MB of weights before, ${megabytes(bytesAfter)} MB after (${share} %)`,
    "",
  ].join("\n");
}

function describeLayers(layers: LayerSummary): string {
  const count = `${layers.layers} ${layers.layers === 1 ? "layer" : "layers"}`;
  return `${layers.kind.padEnd(30)} ${count.padStart(9)}  ${describeRatios(layers)}`;
}

function describeRatios({ weightsDb, outputsDb }: LayerSummary): string {
  const outputs = outputsDb === null ? "" : `, outputs ${outputsDb.toFixed(1)} dB`;
  return `weights ${weightsDb.toFixed(1)} dB${outputs}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
