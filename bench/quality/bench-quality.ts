import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { ModelConfig } from "../../src/checkpoint/model-config.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { OptionError } from "../../src/errors.ts";
import {
  parseChoice,
  parseCommand,
  parseInteger,
  parseNumber,
  UsageError,
} from "../../tools/command-line.ts";
import { instantiateNodeKernels, nodeHost } from "../../tools/node/kernels.ts";
import { openModel } from "../../tools/node/open-model.ts";
import {
  type ComparedWindow,
  compareWindows,
  hearReference,
  type QualitySummary,
  type ReferenceWindow,
  summariseWindows,
} from "../../tools/quality/compare-windows.ts";
import {
  hasRecordings,
  type QualityRecording,
  realFolder,
  recordingSets,
} from "../../tools/quality/recordings.ts";
import { readSpeechWindows } from "../../tools/quality/speech-windows.ts";
import { countWordErrors, type WordRate } from "../../tools/quality/word-differences.ts";
import { round } from "../measure.ts";
import { formatReport, type Row } from "../report.ts";
import { drawChart } from "./chart.ts";
import {
  type Contestant,
  plainContestants,
  recastContestant,
  withContestant,
} from "./contestants.ts";

const facts = { host: `Node ${process.version}`, hardwareConcurrency: nodeHost.processors };
const tinyEn = join(realFolder, "models/whisper-tiny.en");

/** `npm run bench -- quality`: what rounding costs, on real speech. In Node, with plain kernels. */
export async function benchQuality(args: string[]): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string" },
    recast: { type: "string", multiple: true, default: [] },
    clips: { type: "string", default: "held-out" },
    speeds: { type: "string", default: "1,0.93,1.07" },
    threads: { type: "string", default: String(nodeHost.processors) },
    build: { type: "string", default: "plain" },
    "only-recast": { type: "boolean", default: false },
    svg: { type: "string" },
  });
  if (positionals.length > 0)
    throw new UsageError(`quality: found "${positionals.join(" ")}" too.`);
  const sets = Object.keys(recordingSets) as (keyof typeof recordingSets)[];
  const clips = parseChoice(values.clips, sets, "clips");
  const speeds = parseSpeeds(values.speeds);
  const kernelOptions = {
    threads: parseInteger(values.threads, "threads", 1),
    build: parseChoice(values.build, ["plain", "relaxed"], "build"),
  };
  const model = chooseModel(values.model);
  if (!hasRecordings()) throw missingRecordings();

  const kernels = await instantiateNodeKernels();
  const source = openModel(model, { signal: new AbortController().signal });
  const { config, features } = await describeModel(source);
  const [float, ...rounded] = await plainContestants(kernels, source, config);
  const recast = await Promise.all(values.recast.map((path) => recastContestant(fromHere(path))));
  // Before anything is measured: a folder that does not load must not cost minutes.
  for (const contestant of recast) {
    await withContestant(contestant, { ...kernelOptions, threads: 1 }, async ({ model }) =>
      checkFits(model.config, config, contestant),
    );
  }
  const recordings = recordingSets[clips];
  const windows = await readSpeechWindows(recordings, features, speeds);
  report(`${float!.label}: ${windows.length} windows`);
  const references = await withContestant(float!, kernelOptions, (loaded) => {
    return hearReference(loaded, windows);
  });
  const measured = [measureWindows(float!, recordings, references.map(compareWithItself))];
  for (const contestant of values["only-recast"] ? recast : [...rounded, ...recast]) {
    report(contestant.label);
    const compared = await withContestant(contestant, kernelOptions, (loaded) => {
      return compareWindows(loaded, references);
    });
    measured.push(measureWindows(contestant, recordings, compared));
  }

  const title = `Quality: ${basename(source.name)}, ${clips} recordings`;
  const rows = measured.map((each) => describeContestant(each, speeds.length));
  console.log(`${formatReport({ title, rows, notes: notes(speeds) }, facts)}\n`);
  // The same for machines: numbers, unrounded.
  const numbers = measured.map(({ contestant: { label, group, bytes }, ...found }) => {
    return { weights: label, group, bytes, ...found };
  });
  console.log(JSON.stringify({ bench: "quality", ...facts, title, clips, speeds, rows: numbers }));
  if (values.svg !== undefined) await draw(fromHere(values.svg), title, measured);
}

/** What was measured of one contestant, for tables and pictures. */
interface MeasuredContestant {
  readonly contestant: Contestant;
  /** Of the recordings as they are. */
  readonly recorded: QualitySummary;
  /** Of the recordings at all speeds. */
  readonly varied: QualitySummary;
  /** Of the recordings as they are; null where nobody knows what is spoken. */
  readonly wordErrors: ReturnType<typeof countWordErrors>;
}

function measureWindows(
  contestant: Contestant,
  recordings: readonly QualityRecording[],
  windows: readonly ComparedWindow[],
): MeasuredContestant {
  const recorded = windows.filter(({ speed }) => speed === 1);
  return {
    contestant,
    recorded: summariseWindows(recorded),
    varied: summariseWindows(windows),
    wordErrors: countWordErrors(recordings, recorded),
  };
}

/** A line of the table; columns of more than one speed where there are such. */
function describeContestant(measured: MeasuredContestant, speeds: number): Row {
  const { contestant, recorded, varied, wordErrors } = measured;
  const spread = speeds === 1 ? {} : prefixed(`x${speeds}: `, describeSummary(varied));
  return {
    weights: contestant.label,
    MB: (contestant.bytes / 1e6).toFixed(1),
    "encoder dB": Number.isFinite(recorded.encoderSnr) ? recorded.encoderSnr.toFixed(1) : null,
    ...describeSummary(recorded),
    ...spread,
    "word errors": wordErrors === null ? null : describeRate(wordErrors),
    "95 %": wordErrors === null ? null : describeInterval(wordErrors.interval),
  };
}

function describeSummary({ klDivergence, flips, tokens, differing }: QualitySummary): Row {
  return {
    KL: round(klDivergence),
    flips: `${flips} of ${tokens}`,
    differing: describeRate(differing),
  };
}

function prefixed(prefix: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([head, cell]) => [prefix + head, cell]));
}

function describeRate({ rate, errors, words }: WordRate): string {
  return `${percentage(rate)} % (${errors} of ${words})`;
}

function describeInterval({ low, high }: { low: number; high: number }): string {
  return `${percentage(low)} to ${percentage(high)} %`;
}

function percentage(rate: number): string {
  return (100 * rate).toFixed(2);
}

/** Whether two models can be compared token by token and position by position. */
function checkFits(found: ModelConfig, expected: ModelConfig, { label }: Contestant): void {
  if (found.width === expected.width && found.vocabSize === expected.vocabSize) return;
  const describe = ({ width, vocabSize }: ModelConfig) => `width ${width}, ${vocabSize} tokens`;
  throw new OptionError(
    `--recast: expected a form of the model (${describe(expected)}), ${label} has ${describe(found)}. Give the model that it was made from by --model.`,
    { expected: describe(expected), found: describe(found) },
  );
}

/** The reference is not heard twice: it is 0 apart from itself. */
function compareWithItself({ forcedTokens, ...window }: ReferenceWindow): ComparedWindow {
  const divergences = forcedTokens.map(() => 0);
  return { ...window, expectedText: window.text, signal: 1, noise: 0, divergences, flips: 0 };
}

async function draw(
  path: string,
  title: string,
  measured: readonly MeasuredContestant[],
): Promise<void> {
  const points = measured
    .filter(({ varied }) => varied.klDivergence > 0)
    .map(({ contestant: { label, group, bytes }, varied: { klDivergence } }) => {
      return { label, group, bytes, klDivergence };
    });
  await writeFile(path, drawChart(title, points));
  report(`${path}: bytes against KL`);
}

function notes(speeds: readonly number[]): string[] {
  return [
    "MB: of the weights' file; of int8 and int4 what `fwhisper recast --calibrate none` makes, at most. dB: of the encoder's output over whole windows of 30 s.",
    "KL: nats a token, of the next token in f32's own greedy text, against f32; flips: where another token is the likeliest. Differing: words unlike f32's own greedy text, without case and punctuation.",
    "Not rotated: the same bits and the same rounding without the rotation, computed in f32; the others multiply inputs in int8.",
    ...(speeds.length > 1 ? [`x${speeds.length}: at speeds of ${speeds.join(", ")}.`] : []),
  ];
}

/** @throws OptionError when nothing is given and the default is not there */
function chooseModel(asked: string | undefined): string {
  if (asked !== undefined) return existsSync(fromHere(asked)) ? fromHere(asked) : asked;
  if (existsSync(tinyEn)) return tinyEn;
  throw new OptionError(
    `--model: expected a float checkpoint, for ${tinyEn} is not there, and the embedded model is rounded already. Give a folder, or a name such as tiny.en.`,
    { expected: "a float checkpoint", found: null },
  );
}

function missingRecordings(): OptionError {
  return new OptionError(
    `Expected recordings in ${join(realFolder, "audio")}, found not all of them. FWHISPER_REFERENCE names the folder beside theirs.`,
    { expected: "recordings", found: null },
  );
}

function parseSpeeds(text: string): number[] {
  const speeds = text.split(",").map((part) => parseNumber(part, "speeds"));
  if (speeds.includes(1) && speeds.every((speed) => speed >= 0.5 && speed <= 2)) return speeds;
  throw new UsageError(`--speeds: expected 1 and others from 0.5 to 2, found "${text}".`);
}

/** npm runs its scripts in the package's root; the user's paths are relative to where they are. */
function fromHere(path: string): string {
  return resolve(process.env.INIT_CWD ?? ".", path);
}

/** What is being done, and when, in seconds. */
function report(text: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}
