import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { OptionError } from "../../src/errors.ts";
import { instantiateKernels } from "../../src/kernels/kernels.ts";
import {
  countErrors,
  errorRate,
  referenceLength,
  splitWords,
  totalErrors,
} from "../../src/metrics/word-error-rate.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { onePositional, parseChoice, parseCommand } from "../command-line.ts";
import { engineOptions, parseEngineOptions } from "../engine-options.ts";
import { nodeHost } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { readAudioFile } from "../node/read-audio-file.ts";

/** A line of the manifest. */
interface Recording {
  /** Path relative to the manifest. */
  readonly audio: string;
  /** What is said. */
  readonly text: string;
}

/** `fwhisper evaluate`: error rate and real-time factor over the recordings of a manifest. */
export async function evaluate(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string", default: "embedded" },
    unit: { type: "string", default: "word" },
    json: { type: "boolean", default: false },
    ...engineOptions,
  });
  const manifest = onePositional(positionals, "MANIFEST");
  const unit = parseChoice(values.unit, ["word", "character"], "unit");
  const split = unit === "word" ? splitWords : (text: string) => [...text];
  const { weights, threads } = parseEngineOptions(values);
  const recordings = await readManifest(manifest);
  const kernels = await instantiateKernels(nodeHost, { threads });
  const recogniser = await readModel(values.model, { signal }, (source) =>
    loadRecogniser(kernels, source, { weights, signal }),
  );

  const rows = [];
  let seconds = 0;
  let busy = 0;
  for (const { audio, text } of recordings) {
    const path = resolve(dirname(manifest), audio);
    const samples = await readAudioFile(path, recogniser.facts.sampleRate);
    const transcript = await recogniser.transcribe(samples, {}, { signal });
    const errors = countErrors(split(text), split(transcript.text));
    rows.push({ audio, expected: text, found: transcript.text, errors });
    seconds += transcript.duration;
    busy += transcript.timing.realTimeFactor * transcript.duration;
    if (!values.json && errorRate(errors) > 0) {
      process.stdout.write(`${audio}: expected "${text}", found "${transcript.text}"\n`);
    }
  }
  kernels.dispose();
  const total = totalErrors(rows.map(({ errors }) => errors));
  const summary = {
    recordings: rows.length,
    right: rows.filter(({ errors }) => errorRate(errors) === 0).length,
    unit,
    ...total,
    errorRate: errorRate(total),
    realTimeFactor: busy / seconds,
  };
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...summary, rows })}\n`);
    return;
  }
  const errors = referenceLength(total) - total.hits + total.insertions;
  process.stdout.write(
    `${summary.right} of ${summary.recordings} recordings right; ${unit} error rate ${(100 * summary.errorRate).toFixed(2)} % (${errors} of ${referenceLength(total)}); real-time factor ${summary.realTimeFactor.toFixed(4)}\n`,
  );
}

/** JSON lines of {"audio", "text"}. */
async function readManifest(path: string): Promise<Recording[]> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new OptionError(
      `${path}: expected a manifest, but it cannot be read (${cause.code ?? cause}). Check the path.`,
      { found: path },
      { cause },
    );
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new OptionError(`${path}: expected recordings, found no line.`);
  return lines.map((line, i) => {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      row = null;
    }
    const { audio, text } = (row ?? {}) as Partial<Recording>;
    if (typeof audio !== "string" || typeof text !== "string") {
      throw new OptionError(
        `${path}, line ${i + 1}: expected {"audio": "file.wav", "text": "what is said"}, found ${line.slice(0, 60)}.`,
      );
    }
    return { audio, text };
  });
}
