import type { DecodingState } from "../src/model/decoding-state.ts";
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

/**
 * The same windows decoded one after another, and several of them in one pass of the decoder: what
 * `batchSize` is worth. Encoding, which batches do not change, is left out.
 */
export async function benchBatch(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const rows: Report["rows"][number][] = [];
  let build = "";
  for (const weights of request.weights) {
    for (const threads of request.threads) {
      const contestant = await openContestant(request.shape, weights, threads, host);
      if (contestant === null) continue;
      host.progress(`decoding ${weights}, ${threads} threads`);
      const samples = await measure(contestant, request.runs);
      build = contestant.kernels.build;
      contestant.kernels.dispose();
      for (const [i, batchSize] of batchSizes.entries()) {
        rows.push({
          shape: request.shape,
          weights,
          threads,
          "windows together": batchSize,
          "ms a window": round(median(samples[i]!) / WINDOWS),
          spread: spread(samples[i]!),
          "x one at a time": round(medianRatio(samples[0]!, samples[i]!)),
        });
      }
    }
  }
  return [
    {
      title: `Decoder of ${request.shape}, ${WINDOWS} windows of 30 s with ${TOKENS} tokens each, ${build} build`,
      rows,
      notes: [
        "ms a window: its tokens, median of the runs; what a window's decoder is opened with (keys and values of the audio) is left out, as batches do not change it. x one at a time: how many times faster, run by run.",
      ],
    },
  ];
}

/** Milliseconds for all windows, by batch size. */
async function measure(contestant: Contestant, runs: number): Promise<number[][]> {
  const { kernels, model } = contestant;
  const logMel = logMelOfWindow(contestant);
  // The same audio in each window: every window has keys and values of its own all the same.
  const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
  const tokens = tokensToFeed(TOKENS, contestant.model.config.vocabSize);
  const samples: number[][] = batchSizes.map(() => []);
  for (let run = -1; run < runs; run++) {
    for (const [i, batchSize] of batchSizes.entries()) {
      const mark = kernels.heap.mark();
      const decoder = model.decoder.open(new Array<EncodedAudio>(batchSize).fill(audio));
      const milliseconds = feedTogether(decoder, tokens, batchSize);
      kernels.heap.release(mark);
      // The first run warms up.
      if (run >= 0) samples[i]!.push(milliseconds);
    }
  }
  return samples;
}

function feedTogether(decoder: DecodingState, tokens: readonly number[], batchSize: number) {
  const start = performance.now();
  for (let done = 0; done < WINDOWS; done += batchSize) {
    decoder.reset();
    for (const token of tokens) decoder.step(new Array<number>(batchSize).fill(token));
  }
  return performance.now() - start;
}
