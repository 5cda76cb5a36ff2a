import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OptionError } from "../../src/errors.ts";
import { alignColumns } from "../columns.ts";
import { choice, parseCommand, UsageError } from "../command-line.ts";
import { instantiateNodeKernels } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { openAudioFile } from "../node/read-audio-file.ts";
import { showProgress } from "../progress.ts";
import type { FormGoal } from "../recast/choose-forms.ts";
import { recastModel } from "../recast/recast.ts";
import { checkOutputFolder, replaceFolder } from "../recast/replace-folder.ts";
import type { RecastSummary } from "../recast/summary.ts";

/** What is listened to where nobody says what. */
const bundledSample = new URL("../../public/samples/jfk.flac", import.meta.url);

/** `fwhisper recast`: a model with its matrices rotated and rounded, as a folder. */
export async function recast(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    weights: { type: "string", default: "int8", read: choice("int8", "int4") },
    calibrate: { type: "string", multiple: true, default: [] },
    coded: { type: "boolean", default: false },
    budget: { type: "string" },
    "max-kl": { type: "string" },
    force: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const [model, out, extra] = positionals;
  if (model === undefined || out === undefined) throw new UsageError("MODEL or OUT is missing.");
  if (extra !== undefined) {
    throw new UsageError(`Only MODEL and OUT are possible; found "${extra}" too.`);
  }
  const goal = parseGoal(values.budget, values["max-kl"]);
  checkOutputFolder(out, values.force);
  await checkIsOther(model, out);
  // Before the model: a wrong path must not cost a download.
  const isNearest = values.calibrate.join() === "none";
  if (isNearest && goal !== null) {
    throw new UsageError(
      "--budget and --max-kl are measured on recordings: leave out --calibrate none.",
    );
  }
  const asked = isNearest ? [] : (await Promise.all(values.calibrate.map(listRecordings))).flat();
  const isDefault = !isNearest && asked.length === 0;
  const paths = isDefault ? [fileURLToPath(bundledSample)] : asked;
  const recordings = await Promise.all(paths.map(openAudioFile));

  // Plain kernels compute the same on every machine: what is made is, too.
  const kernels = await instantiateNodeKernels({ build: "plain" });
  const line = showProgress();
  try {
    const { weights, coded: isCoded } = values;
    const options = { weights, isCoded, recordings, goal, signal, onProgress: line };
    const summary = await replaceFolder(out, (folder) =>
      readModel(model, { signal }, (source) => recastModel(kernels, source, folder, options)),
    );
    line(null);
    process.stdout.write(
      values.json ? `${JSON.stringify(summary)}\n` : describe(summary, out, isDefault),
    );
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

/** Bytes ("22.5MB", "22500000"), or nats a token. */
function parseGoal(budget: string | undefined, maxKl: string | undefined): FormGoal | null {
  if (budget !== undefined && maxKl !== undefined) {
    throw new UsageError("--budget and --max-kl: give one of them.");
  }
  if (budget !== undefined) {
    const [, number, unit] = /^([\d.]+)\s*(MB|KB)?$/i.exec(budget) ?? [];
    const bytes = Number(number) * { mb: 1e6, kb: 1e3, "": 1 }[(unit ?? "").toLowerCase() as "mb"];
    if (!(bytes > 0)) {
      throw new UsageError(
        `--budget: expected bytes, such as 22500000 or 22.5MB, found "${budget}".`,
      );
    }
    return { bytes };
  }
  if (maxKl === undefined) return null;
  const divergence = Number(maxKl);
  if (!(divergence > 0)) {
    throw new UsageError(`--max-kl: expected nats above 0, such as 0.01, found "${maxKl}".`);
  }
  return { divergence };
}

/** The plan as a table, then what came of it. */
function describe(summary: RecastSummary, out: string, isDefault: boolean): string {
  const { layers, rounding, total, bytesBefore, bytesAfter, divergence } = summary;
  const isMeasured = layers.some(({ divergenceShare }) => divergenceShare !== null);
  const head = ["layer", "form", "bits", "bytes", "output dB", ...(isMeasured ? ["KL %"] : [])];
  const rows = layers.map(({ name, form, bits, bytes, weightsDb, outputsDb, divergenceShare }) => [
    name,
    form,
    bits.toFixed(2),
    String(bytes),
    (outputsDb ?? weightsDb).toFixed(1),
    ...(divergenceShare === null ? [] : [(100 * divergenceShare).toFixed(1)]),
  ]);
  if (rounding === "nearest") head[4] = "weights dB";
  const outputs = total.outputsDb === null ? "" : `, outputs ${total.outputsDb.toFixed(1)} dB`;
  const share = ((100 * bytesAfter) / bytesBefore).toFixed(0);
  const kl = divergence === null ? "" : `, KL ${divergence.toFixed(5)} on the recordings`;
  return [
    ...alignColumns([head, ...rows], (column) => column >= 2),
    `${out}: ${summary.weights}${summary.isCoded ? ", coded" : ""}, rounded ${rounding === "nearest" ? "to nearest" : "with error feedback"}; weights ${total.weightsDb.toFixed(1)} dB${outputs}${kl}`,
    ...(isDefault ? [NOT_CALIBRATED] : []),
    ...(summary.isGoalMet ? [] : [NOT_MET]),
    `${megabytes(bytesBefore)} MB of weights before, ${megabytes(bytesAfter)} MB after (${share} %)`,
    "",
  ].join("\n");
}

const NOT_CALIBRATED =
  "Calibrated on the bundled sample only, 11 s: --calibrate with minutes of speech like yours does better.";

const NOT_MET = "What was asked for cannot be had in these forms: this is the nearest to it.";

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
