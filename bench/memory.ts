import { DecodingState } from "../src/model/decoding-state.ts";
import { type Contestant, logMelOfWindow, openContestant, tokensToFeed } from "./contestants.ts";
import type { BenchHost } from "./host.ts";
import { round } from "./measure.ts";
import type { BenchRequest } from "./protocol.ts";
import type { Report, Row } from "./report.ts";

const TOKENS = 100;

/** How much WebAssembly memory a model takes: loaded, and at its most over one window. */
export async function benchMemory(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const rows: Row[] = [];
  for (const weights of request.weights) {
    for (const threads of request.threads) {
      const contestant = await openContestant(request.shape, weights, threads, host);
      if (contestant === null) continue;
      await runWindow(contestant);
      const { kernels, loadedBytes, peakBytesOfLoading } = contestant;
      rows.push({
        shape: request.shape,
        weights,
        threads,
        "loaded MB": round(loadedBytes / 1e6),
        "peak of loading MB": round(peakBytesOfLoading / 1e6),
        "peak MB": round(kernels.heap.peakBytes / 1e6),
      });
      kernels.dispose();
    }
  }
  return [
    {
      title: `WebAssembly memory of ${request.shape}, a window of 30 s and ${TOKENS} tokens`,
      rows,
    },
  ];
}

async function runWindow(contestant: Contestant): Promise<void> {
  const { encoder, decoder, config } = contestant.model;
  const logMel = logMelOfWindow(contestant);
  const audio = await encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
  const state = new DecodingState(decoder, audio);
  for (const token of tokensToFeed(TOKENS, config.vocabSize)) state.feed([token], [0]);
}
