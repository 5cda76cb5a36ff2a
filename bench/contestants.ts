import { parseModelConfig } from "../src/checkpoint/model-config.ts";
import { MemoryLimitError } from "../src/errors.ts";
import { type FeatureConfig, parseFeatureConfig } from "../src/features/feature-config.ts";
import { computeLogMel, type LogMel } from "../src/features/log-mel.ts";
import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import type { EncodedAudio } from "../src/model/encoder.ts";
import { loadModel, type WhisperModel } from "../src/model/load-model.ts";
import type { BenchHost, BenchRequest, WeightsKind } from "./protocol.ts";
import { randomModel } from "./random-model.ts";
import type { Row } from "./report.ts";
import type { ShapeName } from "./shapes.ts";

/** One way to run a model: what is measured against the others of a bench. */
export interface Contestant {
  readonly weights: WeightsKind;
  readonly threads: number;
  readonly kernels: Kernels;
  readonly model: WhisperModel;
  readonly features: FeatureConfig;
  /** Bytes in use when the model was loaded, and at the highest point until then. */
  readonly loadedBytes: number;
  readonly peakBytesOfLoading: number;
}

/** Loads the random model of the shape in all asked kinds and numbers of threads that fit into memory. */
async function* eachContestant(
  { shape, weights, threads }: BenchRequest,
  host: BenchHost,
): AsyncGenerator<Contestant, void> {
  for (const kind of weights) {
    for (const count of threads) {
      const contestant = await openContestant(shape, kind, count, host);
      if (contestant !== null) yield contestant;
    }
  }
}

/** All of them side by side. */
export async function openContestants(
  request: BenchRequest,
  host: BenchHost,
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for await (const contestant of eachContestant(request, host)) contestants.push(contestant);
  return contestants;
}

/** One after the other, each gone before the next; gives the rows of all. */
export async function measureEach(
  request: BenchRequest,
  host: BenchHost,
  measure: (contestant: Contestant) => Promise<readonly Row[]>,
): Promise<{ rows: Row[]; build: string }> {
  const rows: Row[] = [];
  let build = "";
  for await (const contestant of eachContestant(request, host)) {
    const { weights, threads, kernels } = contestant;
    for (const row of await measure(contestant)) {
      rows.push({ shape: request.shape, weights, threads, ...row });
    }
    build = kernels.build;
    kernels.dispose();
  }
  return { rows, build };
}

/** A row for each contestant, which then are gone. */
export function describeEach(
  { shape }: BenchRequest,
  contestants: readonly Contestant[],
  describe: (contestant: Contestant, index: number) => Row,
): Row[] {
  const rows = contestants.map((contestant, i) => {
    const { weights, threads } = contestant;
    return { shape, weights, threads, ...describe(contestant, i) };
  });
  for (const { kernels } of contestants) kernels.dispose();
  return rows;
}

/** null, with a word about it, when the model does not fit into a 32-bit memory. */
async function openContestant(
  shape: ShapeName,
  weights: WeightsKind,
  threads: number,
  host: BenchHost,
): Promise<Contestant | null> {
  host.progress(`loading ${describe(shape, weights, threads)}`);
  const kernels = await instantiateKernels(host.kernels, { threads });
  if (kernels.threads !== threads) {
    throw new Error(`Asked for ${threads} threads, got ${kernels.threads}.`);
  }
  const source = randomModel(shape);
  try {
    const config = parseModelConfig(await source.json("config.json"));
    const model = await loadModel(kernels, source, config, { weights });
    return {
      weights,
      threads,
      kernels,
      model,
      features: parseFeatureConfig(await source.json("preprocessor_config.json")),
      loadedBytes: kernels.heap.usedBytes,
      peakBytesOfLoading: kernels.heap.peakBytes,
    };
  } catch (error) {
    kernels.dispose();
    if (!(error instanceof MemoryLimitError)) throw error;
    host.progress(`left out: ${describe(shape, weights, threads)}: ${error.message}`);
    return null;
  }
}

function describe(shape: ShapeName, weights: WeightsKind, threads: number): string {
  return `${shape} ${weights}, ${threads} thread${threads === 1 ? "" : "s"}`;
}

export function windowSeconds({ features }: Contestant): number {
  return features.windowSamples / features.sampleRate;
}

/** The log-mel of a window full of chords, on top of the heap. */
export function logMelOfWindow({ kernels, features }: Contestant): LogMel {
  return computeLogMel(kernels, chords(features.windowSamples), features, { padTo: "window" });
}

/** The encoder's output of that window, on top of the heap too. */
export async function encodeWindow(contestant: Contestant): Promise<EncodedAudio> {
  const { pointer, frameCount } = logMelOfWindow(contestant);
  return contestant.model.encoder.encode(pointer, frameCount, async () => {});
}

/** Something in every mel bin and frame, of no meaning; the same array each time. */
function chords(count: number): Float32Array {
  if (samples.length !== count) {
    samples = Float32Array.from({ length: count }, (_, i) => {
      const pitch = 1 + Math.floor(i / 4000) / 10;
      return (Math.sin(i * 0.05 * pitch) + Math.sin(i * 0.31 * pitch) + Math.sin(i * 1.7)) / 4;
    });
  }
  return samples;
}

let samples = new Float32Array(0);

/** Token ids to feed, the same for all: what they are does not matter for speed. */
export function tokensToFeed(count: number, vocabSize: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919) % vocabSize);
}
