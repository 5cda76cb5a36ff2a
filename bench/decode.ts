import { DecodingState } from "../src/model/decoding-state.ts";
import {
  type Contestant,
  describeEach,
  encodeWindow,
  openContestants,
  tokensToFeed,
} from "./contestants.ts";
import { bytesOfMatrix } from "./linear-layers.ts";
import { median, medianRatio, percent, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest, WeightsKind } from "./protocol.ts";
import type { Report } from "./report.ts";
import { fastestBuild, openRooflines, RoofLog, rate } from "./rooflines.ts";
import { configOf, type ShapeName } from "./shapes.ts";

const TOKENS = 100;

/** One token after the other, with the caches of a whole window; each way of running it in turn. */
export async function benchDecode(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const { read } = await openRooflines(host, fastestBuild());
  const log = new RoofLog();
  const decoders: { contestant: Contestant; decoder: DecodingState; samples: number[] }[] = [];
  for (const contestant of await openContestants(request, host)) {
    const decoder = new DecodingState(contestant.model.decoder, await encodeWindow(contestant));
    decoders.push({ contestant, decoder, samples: [] });
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
  const contestants = decoders.map(({ contestant }) => contestant);
  const rows = describeEach(request, contestants, (contestant, i) => {
    const { samples } = decoders[i]!;
    const { weights, caches } = bytesPerToken(request.shape, contestant.weights, TOKENS / 2);
    const milliseconds = median(samples);
    const readRate = rate(weights + caches, milliseconds);
    return {
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
  const build = contestants[0]?.kernels.build;
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

/**
 * What one decoder step has to read at least, in bytes: every matrix once (of the cross-attention,
 * which is int8 in an int4 model, the query and output matrices: keys and values of the
 * are made once a window), and the caches with `tokens` in them, of one byte a number where weights are of so few.
 */
function bytesPerToken(
  shape: ShapeName,
  kind: WeightsKind,
  tokens: number,
): { weights: number; caches: number } {
  const config = configOf(shape);
  const width = config.d_model;
  const inner = config.decoder_ffn_dim;
  const matrix = (inputs: number, outputs: number) => bytesOfMatrix(kind, inputs, outputs);
  const cross = bytesOfMatrix(kind === "int4" ? "int8" : kind, width, width);
  const layer = 4 * matrix(width, width) + 2 * cross + matrix(width, inner) + matrix(inner, width);
  const position = 2 * width * (kind === "f32" ? 4 : 1);
  return {
    weights: config.decoder_layers * layer + matrix(width, config.vocab_size),
    caches: config.decoder_layers * position * (config.max_source_positions + tokens),
  };
}
