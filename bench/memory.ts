import { DecodingState } from "../src/model/decoding-state.ts";
import { type Contestant, encodeWindow, measureEach, tokensToFeed } from "./contestants.ts";
import { round } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import type { Report, Row } from "./report.ts";

const TOKENS = 100;

/** How much WebAssembly memory a model takes: loaded, and at its most over one window. */
export async function benchMemory(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const { rows } = await measureEach(request, host, async (contestant) => [
    await measureWindow(contestant),
  ]);
  const title = `WebAssembly memory of ${request.shape}, a window of 30 s and ${TOKENS} tokens`;
  return [{ title, rows }];
}

async function measureWindow(contestant: Contestant): Promise<Row> {
  const { kernels, model, loadedBytes, peakBytesOfLoading } = contestant;
  const state = new DecodingState(model.decoder, await encodeWindow(contestant));
  for (const token of tokensToFeed(TOKENS, model.config.vocabSize)) state.feed([token], [0]);
  return {
    "loaded MB": round(loadedBytes / 1e6),
    "peak of loading MB": round(peakBytesOfLoading / 1e6),
    "peak MB": round(kernels.heap.peakBytes / 1e6),
  };
}
