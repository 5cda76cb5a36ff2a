import { instantiateKernels } from "../src/kernels/kernels.ts";
import { DecodingState } from "../src/model/decoding-state.ts";
import type { Logits } from "../src/model/logits.ts";
import {
  type Contestant,
  encodeWindow,
  logMelOfWindow,
  openContestants,
  tokensToFeed,
} from "./contestants.ts";
import { loadLinears } from "./linear-layers.ts";
import {
  alternate,
  median,
  medianRatio,
  round,
  type Samples,
  spread,
  type Work,
} from "./measure.ts";
import type { MatrixKind } from "./onnx/matrix.ts";
import { transpose } from "./onnx/matrix.ts";
import { OnnxSessions } from "./onnx/sessions.ts";
import type { BenchHost, BenchRequest, WeightsKind } from "./protocol.ts";
import { randomValues } from "./random-tensor.ts";
import type { Report, Row } from "./report.ts";
import { fastestBuild, openRooflines } from "./rooflines.ts";
import { configOf } from "./shapes.ts";

const TOKENS = 25;
/** Greatest difference of the two float32 networks' outputs, which are about 1, that is rounding. */
const TOLERANCE = 1e-3;
const onnxKinds: readonly MatrixKind[] = ["f32", "int8"];

/** One way to do the work. */
interface Contender {
  readonly name: string;
  readonly work: Work;
}

/**
 * The same work in onnxruntime-web: models of the same shapes, made here of the same weights, in
 * the same page, with as many threads, by turns. First both must compute the same.
 */
export async function benchPeers(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const [threads = 1] = request.threads;
  await openRooflines(host, fastestBuild());
  const sessions = await OnnxSessions.open(host, threads);
  // Float32 is what the check compares.
  const weights: WeightsKind[] = [...new Set<WeightsKind>(["f32", ...request.weights])];
  const contestants = await openContestants({ ...request, weights, threads: [threads] }, host);
  const audio = await encodeOnce(contestants[0]!);
  const reports = [
    await compareEncoders(request, host, sessions, contestants, audio),
    await compareDecoders(request, host, sessions, contestants, audio),
  ];
  for (const { kernels } of contestants) kernels.dispose();
  return [...reports, await compareProducts(request, weights, host, sessions)];
}

async function compareEncoders(
  { shape, runs }: BenchRequest,
  host: BenchHost,
  sessions: OnnxSessions,
  contestants: readonly Contestant[],
  expected: Float32Array,
): Promise<Report> {
  const { kernels, model } = contestants[0]!;
  const mark = kernels.heap.mark();
  const logMel = logMelOfWindow(contestants[0]!);
  const values = kernels.heap.f32(logMel.pointer, logMel.frameCount * logMel.melBins);
  const mel = transpose(values, logMel.frameCount, logMel.melBins);
  kernels.heap.release(mark);
  const theirs = [];
  for (const kind of onnxKinds) {
    host.progress(`building the encoder for onnxruntime-web, ${kind}`);
    const encoder = await sessions.encoder(configOf(shape), kind);
    theirs.push({ name: kind, work: () => encoder.run(mel), release: encoder.release });
  }
  const agreement = checkSame("encoders", expected, await theirs[0]!.work());
  host.progress(agreement);
  const ours = contestants.map((contestant) => ({
    name: contestant.weights,
    work: encodeRepeatedly(contestant),
  }));
  const rows = await compare(
    `encoder, ${model.config.sourcePositions} positions`,
    runs,
    ours,
    theirs,
    shape === "tiny" ? { f32: "4 (5)", int8: "2.5" } : {},
  );
  for (const { release } of theirs) await release();
  return report(`Encoder of ${shape}`, contestants, rows, [agreement]);
}

async function compareDecoders(
  { shape, runs }: BenchRequest,
  host: BenchHost,
  sessions: OnnxSessions,
  contestants: readonly Contestant[],
  audio: Float32Array,
): Promise<Report> {
  const config = configOf(shape);
  const tokens = tokensToFeed(TOKENS, config.vocab_size);
  const cross = await sessions.projectCross(config, audio);
  const theirs = [];
  for (const kind of onnxKinds) {
    for (const isBaked of [false, true]) {
      host.progress(`building the decoder for onnxruntime-web, ${kind}`);
      const name = isBaked ? `${kind}, cross-attention baked in` : kind;
      const decoder = await sessions.decoder(config, kind, cross, isBaked);
      theirs.push({ name, work: () => decoder.run(tokens), release: decoder.release });
    }
  }
  const ours = [];
  for (const contestant of contestants) {
    ours.push({ name: contestant.weights, work: await decodeRepeatedly(contestant, tokens) });
  }
  const agreements = [];
  for (const { name, work } of theirs.slice(0, 2)) {
    agreements.push(checkSame(`decoders (${name})`, ours[0]!.work(), await work()));
    host.progress(agreements.at(-1)!);
  }
  const tokenGoals: Record<string, string> =
    shape === "tiny" ? { f32: "6 (10)", int8: "6 (10)" } : {};
  const rows = await compare(`${TOKENS} tokens`, runs, ours, theirs, tokenGoals, TOKENS);
  for (const { release } of theirs) await release();
  const note = `ms of one token. Exported models are handed the keys and values of the cross-attention anew at each token (${megabytes(cross)} MB); "baked in" has them as constants, which no program could, so that the difference is the price of handing them over.`;
  return report(`One token of ${shape}'s decoder`, contestants, rows, [...agreements, note]);
}

/** Matrix products alone, each in a model of its own. */
async function compareProducts(
  { shape, runs, threads }: BenchRequest,
  weights: readonly WeightsKind[],
  host: BenchHost,
  sessions: OnnxSessions,
): Promise<Report> {
  const { d_model: width, encoder_ffn_dim: inner, vocab_size: vocabulary } = configOf(shape);
  const sizes: [number, number, number][] = [
    [1500, width, width],
    [1500, width, inner],
    [1500, inner, width],
    [1, width, inner],
    [1, width, vocabulary],
  ];
  const rows: Row[] = [];
  for (const size of sizes) {
    const [count, inputs, outputs] = size;
    host.progress(`product ${size.join(" x ")}`);
    const values = randomValues("input", count * inputs);
    const matrix = randomValues("layer.0.weight", inputs * outputs);
    const opened = [];
    for (const kind of weights) {
      const kernels = await instantiateKernels(host.kernels, { threads: threads[0] });
      const [linear] = await loadLinears(kernels, kind, { inputs, outputs }, 1);
      const input = kernels.heap.copyF32(values);
      const output = kernels.heap.allocateF32(count * outputs);
      opened.push({ name: kind, kernels, work: () => linear!.apply(input, count, output) });
    }
    const theirs = [];
    for (const kind of onnxKinds) {
      const product = await sessions.product(kind, values, matrix, size);
      theirs.push({ name: kind, work: product.run, release: product.release });
    }
    rows.push(...(await compare(size.join(" x "), runs, opened, theirs, {})));
    for (const { kernels } of opened) kernels.dispose();
    for (const { release } of theirs) await release();
  }
  const note =
    "rows x inputs x outputs. Ours is rotation, rounding and product; theirs takes the rows from JavaScript and gives them back to it, as it must.";
  return {
    title: `Matrix products of ${shape} beside onnxruntime-web, threads: ${threads[0]}`,
    rows,
    notes: [note],
  };
}

/** All by turns; a row for each of ours beside each of theirs. `calls` a piece of work. */
async function compare(
  work: string,
  runs: number,
  ours: readonly Contender[],
  theirs: readonly Contender[],
  goals: Readonly<Record<string, string>>,
  calls = 1,
): Promise<Row[]> {
  const samples = await alternate(
    runs,
    [...ours, ...theirs].map((contender) => contender.work),
  );
  const milliseconds = (values: Samples) => round(median(values) / calls);
  return ours.flatMap(({ name: our }, i) =>
    theirs.flatMap(({ name: their }, j) => {
      // Nobody would choose our float32 over their int8.
      if (our === "f32" && !their.startsWith("f32")) return [];
      const [mine, other] = [samples[i]!, samples[ours.length + j]!];
      const row = {
        work,
        ours: our,
        "onnxruntime-web": their,
        "our ms": milliseconds(mine),
        "our spread": spread(mine),
        "their ms": milliseconds(other),
        "their spread": spread(other),
        "x faster": round(medianRatio(other, mine)),
      };
      return [our !== "f32" && goals[their] ? { ...row, goal: goals[their] } : row];
    }),
  );
}

/** A word that two outputs agree; throws when they do not. */
function checkSame(what: string, a: ArrayLike<number>, b: ArrayLike<number>): string {
  let difference = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
  const text = `The float32 ${what} differ by ${difference.toExponential(1)} at most`;
  if (!(difference <= TOLERANCE)) throw new Error(`${text}: they are not the same network.`);
  return `${text}: the same network.`;
}

async function encodeOnce(contestant: Contestant): Promise<Float32Array> {
  const { kernels, model } = contestant;
  const mark = kernels.heap.mark();
  const audio = await encodeWindow(contestant);
  const values = kernels.heap.f32(audio.pointer, audio.positions * model.config.width).slice();
  kernels.heap.release(mark);
  return values;
}

function encodeRepeatedly(contestant: Contestant): () => Promise<void> {
  const { kernels, model } = contestant;
  const { pointer, frameCount } = logMelOfWindow(contestant);
  const mark = kernels.heap.mark();
  return async () => {
    await model.encoder.encode(pointer, frameCount, async () => {});
    kernels.heap.release(mark);
  };
}

/** Feeds the tokens from the beginning, one by one; logits of the last. */
async function decodeRepeatedly(
  contestant: Contestant,
  tokens: readonly number[],
): Promise<() => Float32Array> {
  const state = new DecodingState(contestant.model.decoder, await encodeWindow(contestant));
  return () => {
    state.reset();
    let logits: Logits[] = [];
    for (const token of tokens) logits = state.feed([token], [0]);
    return logits[0]!.values;
  };
}

function report(
  title: string,
  [first]: readonly Contestant[],
  rows: readonly Row[],
  notes: readonly string[],
): Report {
  const { kernels, threads } = first!;
  return {
    title: `${title} beside onnxruntime-web, ${kernels.build} build, threads: ${threads}`,
    rows,
    notes: [...notes, "x faster: their time over ours, run by run; the median of these."],
  };
}

function megabytes(cross: readonly (readonly Float32Array[])[]): string {
  const bytes = cross.flat().reduce((sum, { byteLength }) => sum + byteLength, 0);
  return (bytes / 1e6).toFixed(0);
}
