import { DecodingState } from "../src/model/decoding-state.ts";
import { type Contestant, logMelOfWindow, openContestants, tokensToFeed } from "./contestants.ts";
import { bytesPerToken } from "./decoder-bytes.ts";
import type { BenchHost } from "./host.ts";
import { median, medianRatio, percent, round, spread } from "./measure.ts";
import type { BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";
import { fastestBuild, openRooflines, RoofLog, rate } from "./rooflines.ts";

const TOKENS = 100;

/** One token after the other, with the caches of a whole window; each way of running it in turn. */
export async function benchDecode(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const { read } = await openRooflines(host, fastestBuild());
  const log = new RoofLog();
  const decoders: { contestant: Contestant; decoder: DecodingState; samples: number[] }[] = [];
  for (const contestant of await openContestants(request, host)) {
    decoders.push({ contestant, decoder: await openDecoder(contestant), samples: [] });
  }
  host.progress("decoding");
  const tokens = tokensToFeed(TOKENS, decoders[0]?.decoder.vocabSize ?? 1);
  for (let run = -1; run < request.runs; run++) {
    for (const { decoder, samples } of decoders) {
      const milliseconds = feedOneByOne(decoder, tokens);
      // The first run warms up.
      if (run >= 0) samples.push(median(milliseconds));
    }
    const start = performance.now();
    read.work();
    if (run >= 0) log.add(read, [performance.now() - start]);
  }
  const roof = log.summary();
  const rows = decoders.map(({ contestant, samples }) => {
    const { weights, caches } = bytesPerToken(request.shape, contestant.weights, TOKENS / 2);
    const milliseconds = median(samples);
    const readRate = rate(weights + caches, milliseconds);
    return {
      shape: request.shape,
      weights: contestant.weights,
      threads: contestant.threads,
      "ms a token": round(milliseconds),
      spread: spread(samples),
      "tokens/s": round(1000 / milliseconds),
      "weights MB": round(weights / 1e6),
      "caches MB": round(caches / 1e6),
      "GB/s": round(readRate),
      "of read rate": percent(readRate / roof[read.name]!),
      "x the first": round(medianRatio(decoders[0]!.samples, samples)),
    };
  });
  for (const { contestant } of decoders) contestant.kernels.dispose();
  const build = decoders[0]?.contestant.kernels.build;
  return [
    {
      title: `Decoder of ${request.shape}, tokens 1 to ${TOKENS} of a 30 s window, ${build} build`,
      rows,
      notes: [
        "ms a token: median of the tokens of a run, and of the runs. weights, caches: what one token reads at least, at half of the tokens. Read rate: that of one core. x the first: how many times faster than the first row, run by run.",
      ],
      rooflines: roof,
    },
  ];
}

/** Milliseconds of each token from the beginning of a text. */
function feedOneByOne(decoder: DecodingState, tokens: readonly number[]): number[] {
  decoder.reset();
  return tokens.map((token) => {
    const start = performance.now();
    decoder.feed([token], [0]);
    return performance.now() - start;
  });
}

async function openDecoder(contestant: Contestant): Promise<DecodingState> {
  const logMel = logMelOfWindow(contestant);
  const { encoder, decoder } = contestant.model;
  return new DecodingState(
    decoder,
    await encoder.encode(logMel.pointer, logMel.frameCount, async () => {}),
  );
}
