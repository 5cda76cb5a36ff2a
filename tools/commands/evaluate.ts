import { instantiateKernels } from "../../src/kernels/kernels.ts";
import { type AlignmentStep, alignUnits } from "../../src/metrics/alignment.ts";
import { normaliseBasic } from "../../src/metrics/basic-normaliser.ts";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import { countErrors, splitWords } from "../../src/metrics/word-error-rate.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { choice, onePositional, parseCommand } from "../command-line.ts";
import { decodingFlags, engineFlags, errorInFlags, parseDecodingFlags } from "../decoding-flags.ts";
import { nodeHost } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { readAudioFile } from "../node/read-audio-file.ts";
import { describeFailure, isOfOneRecording, someFailed } from "../recordings.ts";
import { readManifest } from "./evaluate-manifest.ts";
import {
  describeRow,
  describeSummary,
  type Failure,
  type Row,
  rateOf,
  summarise,
} from "./evaluate-report.ts";

const normalisers = {
  none: (text: string) => text,
  basic: (text: string) => normaliseBasic(text),
  english: normaliseEnglish,
} as const;

const splitters = {
  word: splitWords,
  character: (text: string) => [...text.trim()],
} as const;

/**
 * `fwhisper evaluate`: error rate and real-time factor over the recordings of a manifest. What fails
 * is told and left out.
 *
 * @throws FwhisperError at the end, if any failed
 */
export async function evaluate(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string", default: "embedded" },
    unit: { type: "string", default: "word", read: choice("word", "character") },
    normaliser: { type: "string", default: "none", read: choice("none", "basic", "english") },
    json: { type: "boolean", default: false },
    ...decodingFlags,
    ...engineFlags,
  });
  const manifest = onePositional(positionals, "MANIFEST");
  const { unit, normaliser, weights, threads } = values;
  const units = (text: string) => splitters[unit](normalisers[normaliser](text));
  const options = parseDecodingFlags(values);
  const recordings = await readManifest(manifest);
  const kernels = await instantiateKernels(nodeHost, { threads });
  try {
    const recogniser = await readModel(values.model, { signal }, (source) =>
      loadRecogniser(kernels, source, { weights, signal }),
    );
    recogniser.checkOptions(options);
    const { facts } = recogniser;
    const hear = async (path: string) => {
      const samples = await readAudioFile(path, facts.sampleRate);
      return recogniser.transcribe(samples, options, { signal });
    };
    const rows: Row[] = [];
    const failures: Failure[] = [];
    for (const { audio, path, text } of recordings) {
      try {
        const { text: found, duration, timing } = await hear(path);
        const [reference, hypothesis] = [units(text), units(found)];
        const errors = countErrors(reference, hypothesis);
        const row = {
          audio,
          expected: text,
          found,
          duration,
          realTimeFactor: timing.realTimeFactor,
          errors,
          errorRate: rateOf(errors),
          // Only the JSON has room for them, and of long texts they take time.
          differences: values.json ? alignUnits(reference, hypothesis).filter(isDifference) : [],
        };
        rows.push(row);
        if (!values.json) process.stdout.write(describeRow(row));
      } catch (error) {
        if (!isOfOneRecording(error)) throw error;
        failures.push({ audio, error: `${error.name}: ${error.message}` });
        process.stderr.write(`fwhisper: ${describeFailure(audio, error)}\n`);
      }
    }
    const summary = { unit, normaliser, ...summarise(rows, failures) };
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ ...summary, rows, failures })}\n`
        : describeSummary(summary),
    );
    if (failures.length > 0) throw someFailed(failures.length, recordings.length);
  } catch (error) {
    throw errorInFlags(error);
  } finally {
    kernels.dispose();
  }
}

function isDifference({ kind }: AlignmentStep<string>): boolean {
  return kind !== "hit";
}
