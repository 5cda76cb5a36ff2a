import { DecodingState } from "../src/model/decoding-state.ts";
import type { EncodedAudio } from "../src/model/encoder.ts";
import { type Contestant, encodeWindow, measureEach, tokensToFeed } from "./contestants.ts";
import { median, medianRatio, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";

const TOKENS = 100;
/** Windows in all; each batch size divides them. */
const WINDOWS = 8;
const batchSizes = [1, 2, 4, 8];

/** The same windows one after another, and several in one pass of the decoder: what `batchSize` is worth. */
export async function benchBatch(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const { rows, build } = await measureEach(request, host, async (contestant) => {
    host.progress(`transcribing ${contestant.weights}`);
    const samples = await measure(contestant, request.runs);
    const alone = samples[0]!;
    return samples.map(({ tokens, whole }, i) => ({
      "windows together": batchSizes[i]!,
      "tokens ms": round(median(tokens)),
      "x one at a time": round(medianRatio(alone.tokens, tokens)),
      "window ms": round(median(whole)),
      spread: spread(whole),
      "x, whole": round(medianRatio(alone.whole, whole)),
    }));
  });
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
  const { kernels } = contestant;
  const samples = batchSizes.map((): BatchSamples => ({ tokens: [], whole: [] }));
  for (let run = -1; run < runs; run++) {
    for (const [i, batchSize] of batchSizes.entries()) {
      const mark = kernels.heap.mark();
      const encoded = performance.now();
      const audio = await encodeWindow(contestant);
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
