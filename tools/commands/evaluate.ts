import { instantiateKernels } from "../../src/kernels/kernels.ts";
import { type AlignmentStep, alignUnits } from "../../src/metrics/alignment.ts";
import { normaliseBasic } from "../../src/metrics/basic-normaliser.ts";
import { bootstrapErrorRate } from "../../src/metrics/bootstrap.ts";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import {
  countErrors,
  type ErrorCounts,
  errorRate,
  referenceLength,
  splitWords,
  totalErrors,
} from "../../src/metrics/word-error-rate.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { onePositional, parseChoice, parseCommand } from "../command-line.ts";
import { decodingFlags, parseDecodingFlags } from "../decoding-flags.ts";
import { engineOptions, parseEngineOptions } from "../engine-options.ts";
import { nodeHost } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { readAudioFile } from "../node/read-audio-file.ts";
import { readManifest } from "./evaluate-manifest.ts";

const normalisers = {
  none: (text: string) => text,
  basic: (text: string) => normaliseBasic(text),
  english: normaliseEnglish,
} as const;

const splitters = {
  word: splitWords,
  character: (text: string) => [...text.trim()],
} as const;

/** `fwhisper evaluate`: error rate and real-time factor over the recordings of a manifest. */
export async function evaluate(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string", default: "embedded" },
    unit: { type: "string", default: "word" },
    normaliser: { type: "string", default: "none" },
    json: { type: "boolean", default: false },
    ...decodingFlags,
    ...engineOptions,
  });
  const manifest = onePositional(positionals, "MANIFEST");
  const unit = parseChoice(values.unit, ["word", "character"], "unit");
  const normaliser = parseChoice(values.normaliser, ["none", "basic", "english"], "normaliser");
  const units = (text: string) => splitters[unit](normalisers[normaliser](text));
  const options = parseDecodingFlags(values);
  const { weights, threads } = parseEngineOptions(values);
  const recordings = await readManifest(manifest);
  const kernels = await instantiateKernels(nodeHost, { threads });
  try {
    const recogniser = await readModel(values.model, { signal }, (source) =>
      loadRecogniser(kernels, source, { weights, signal }),
    );
    const rows: Row[] = [];
    for (const { audio, path, text } of recordings) {
      const samples = await readAudioFile(path, recogniser.facts.sampleRate);
      const transcript = await recogniser.transcribe(samples, options, { signal });
      const [expected, found] = [units(text), units(transcript.text)];
      const errors = countErrors(expected, found);
      const row = {
        audio,
        expected: text,
        found: transcript.text,
        duration: transcript.duration,
        realTimeFactor: transcript.timing.realTimeFactor,
        errors,
        errorRate: errorRate(errors),
        // Only the JSON has room for them, and of long texts they take time.
        differences: values.json ? alignUnits(expected, found).filter(isDifference) : [],
      };
      rows.push(row);
      if (!values.json) process.stdout.write(describeRow(row));
    }
    const summary = { unit, normaliser, ...summarise(rows) };
    process.stdout.write(
      values.json ? `${JSON.stringify({ ...summary, rows })}\n` : describeSummary(summary),
    );
  } finally {
    kernels.dispose();
  }
}

/** What one recording gave. */
interface Row {
  readonly audio: string;
  readonly expected: string;
  readonly found: string;
  /** Seconds. */
  readonly duration: number;
  readonly realTimeFactor: number;
  readonly errors: ErrorCounts;
  readonly errorRate: number;
  /** The units that are wrong, missing or too many. */
  readonly differences: readonly AlignmentStep<string>[];
}

/** Of a corpus every unit weighs alike, and every second. */
function summarise(rows: readonly Row[]) {
  const counts = rows.map(({ errors }) => errors);
  const total = totalErrors(counts);
  const duration = sum(rows.map((row) => row.duration));
  return {
    recordings: rows.length,
    right: rows.filter(({ errors }) => isRight(errors)).length,
    ...total,
    errorRate: errorRate(total),
    /** One recording says nothing about how much recordings differ. */
    confidenceInterval: rows.length > 1 ? bootstrapErrorRate(counts) : null,
    duration,
    realTimeFactor: sum(rows.map((row) => row.realTimeFactor * row.duration)) / duration,
  };
}

function describeRow({ audio, expected, found, errors, realTimeFactor }: Row): string {
  const rate = `${audio}: ${describeRate(errors)}, real-time factor ${realTimeFactor.toFixed(4)}`;
  return isRight(errors) ? `${rate}\n` : `${rate}: expected "${expected}", found "${found}"\n`;
}

function describeSummary(
  summary: ReturnType<typeof summarise> & { readonly unit: string },
): string {
  const { recordings, right, unit, confidenceInterval, realTimeFactor } = summary;
  const interval =
    confidenceInterval === null
      ? ""
      : `, 95 % between ${percent(confidenceInterval.low)} and ${percent(confidenceInterval.high)}`;
  return `${right} of ${recordings} recordings right; ${unit} error rate ${describeRate(summary)}${interval}; real-time factor ${realTimeFactor.toFixed(4)}\n`;
}

function isDifference({ kind }: AlignmentStep<string>): boolean {
  return kind !== "hit";
}

function isRight(errors: ErrorCounts): boolean {
  return errorRate(errors) === 0;
}

function describeRate(counts: ErrorCounts): string {
  const length = referenceLength(counts);
  const errors = length - counts.hits + counts.insertions;
  return `${percent(errorRate(counts))} (${errors} of ${length})`;
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
