import { DecodingState } from "../src/model/decoding-state.ts";
import type { EncodedAudio } from "../src/model/encoder.ts";
import { type Contestant, logMelOfWindow, openContestant, tokensToFeed } from "./contestants.ts";
import type { BenchHost } from "./host.ts";
import { median, medianRatio, round, spread } from "./measure.ts";
import type { BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";

const TOKENS = 100;
/** Windows in all; each batch size divides them. */
const WINDOWS = 8;
const batchSizes = [1, 2, 4, 8];

/** The same windows one after another, and several in one pass of the decoder: what `batchSize` is worth. */
export async function benchBatch(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const rows: Report["rows"][number][] = [];
  let build = "";
  for (const weights of request.weights) {
    for (const threads of request.threads) {
      const contestant = await openContestant(request.shape, weights, threads, host);
      if (contestant === null) continue;
      host.progress(`transcribing ${weights}`);
      const samples = await measure(contestant, request.runs);
      build = contestant.kernels.build;
      contestant.kernels.dispose();
      const [{ tokens: tokensAlone, whole: wholeAlone }] = samples as [BatchSamples];
      for (const [i, batchSize] of batchSizes.entries()) {
        const { tokens, whole } = samples[i]!;
        rows.push({
          shape: request.shape,
          weights,
          threads,
          "windows together": batchSize,
          "tokens ms": round(median(tokens)),
          "x one at a time": round(medianRatio(tokensAlone, tokens)),
          "window ms": round(median(whole)),
          spread: spread(whole),
          "x, whole": round(medianRatio(wholeAlone, whole)),
        });
      }
    }
  }
  return [
    {
      title: `Batches of ${request.shape}: ${WINDOWS} windows of 30 s with ${TOKENS} tokens each, ${build} build`,
      rows,
      notes: [
        "tokens ms: of one window's tokens. window ms: with its encoder and cross-attention, which batches do not change. Medians of the runs; x: how many times faster than one at a time, run by run.",
      ],
    },
  ];
}

/** Milliseconds of one window, a sample for each run. */
interface BatchSamples {
  readonly tokens: number[];
  readonly whole: number[];
}

/** By batch size. */
async function measure(contestant: Contestant, runs: number): Promise<BatchSamples[]> {
  const { kernels, model } = contestant;
  const samples = batchSizes.map((): BatchSamples => ({ tokens: [], whole: [] }));
  for (let run = -1; run < runs; run++) {
    for (const [i, batchSize] of batchSizes.entries()) {
      const mark = kernels.heap.mark();
      const encoded = performance.now();
      const logMel = logMelOfWindow(contestant);
      const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
      const encode = performance.now() - encoded;
      const { open, tokens } = decodeTogether(contestant, audio, batchSize);
      kernels.heap.release(mark);
      // The first run warms up.
      if (run < 0) continue;
      samples[i]!.tokens.push(tokens);
      samples[i]!.whole.push(encode + open + tokens);
    }
  }
  return samples;
}

/** The same audio in each window: every window has keys and values of its own all the same. */
function decodeTogether({ model }: Contestant, audio: EncodedAudio, batchSize: number) {
  const start = performance.now();
  const decoder = new DecodingState(model.decoder, new Array<EncodedAudio>(batchSize).fill(audio));
  const opened = performance.now();
  for (let done = 0; done < WINDOWS; done += batchSize) {
    decoder.reset();
    for (const token of tokensToFeed(TOKENS, model.config.vocabSize)) {
      const feeding = { tokens: [token], rows: [0] };
      decoder.pass(Array.from({ length: batchSize }, (_, sequence) => ({ sequence, ...feeding })));
    }
  }
  const ended = performance.now();
  return { open: (opened - start) / batchSize, tokens: (ended - opened) / WINDOWS };
}
