import { DecodingState } from "../src/model/decoding-state.ts";
import {
  type Contestant,
  describeEach,
  logMelOfWindow,
  openContestants,
  tokensToFeed,
  windowSeconds,
} from "./contestants.ts";
import { alternate, median, medianRatio, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";
import { fastestBuild, openRooflines } from "./rooflines.ts";
import type { ShapeName } from "./shapes.ts";

const TOKENS = 100;

/** Real-time factors to reach, and to be proud of, with so many threads. */
const goals: Partial<Record<ShapeName, { threads: number; goal: number; stretch: number }>> = {
  tiny: { threads: 1, goal: 0.016, stretch: 0.012 },
  base: { threads: 1, goal: 0.03, stretch: 0.024 },
  small: { threads: 1, goal: 0.1, stretch: 0.08 },
  turbo: { threads: 2, goal: 0.3, stretch: 0.2 },
};

/** Log-mel, encoder, cross-attention and 100 tokens of a 30 s window: what a user waits for. */
export async function benchEndToEnd(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  // Wakes the machine up.
  await openRooflines(host, fastestBuild());
  const contestants = await openContestants(request, host);
  const parts = contestants.map((): Parts[] => []);
  host.progress("transcribing");
  const samples = await alternate(
    request.runs,
    contestants.map((contestant, i) => async () => {
      parts[i]!.push(await runWindow(contestant));
    }),
  );
  const rows = describeEach(request, contestants, (contestant, i) => {
    const goal = goals[request.shape];
    const isMeasured = goal?.threads === contestant.threads;
    // Those before are of warming up.
    const measured = parts[i]!.slice(-request.runs);
    const part = (name: keyof Parts) => round(median(measured.map((run) => run[name])));
    return {
      "real-time factor": round(median(samples[i]!) / 1000 / windowSeconds(contestant)),
      spread: spread(samples[i]!),
      goal: isMeasured ? `${goal.goal} (${goal.stretch})` : null,
      "x the first": round(medianRatio(samples[0]!, samples[i]!)),
      "log-mel ms": part("logMel"),
      "encode ms": part("encode"),
      "cross-attention ms": part("open"),
      "100 tokens ms": part("decode"),
      "peak MB": round(contestant.kernels.heap.peakBytes / 1e6),
    };
  });
  const build = contestants[0]?.kernels.build;
  return [
    {
      title: `One window of 30 s, ${TOKENS} tokens, ${request.shape}, ${build} build`,
      rows,
      notes: [
        "goal: of int8 or int4 on the machine at hand, beside it what would be better still. x the first: how many times faster than the first row, run by run.",
      ],
    },
  ];
}

/** Milliseconds of the parts of one run. */
interface Parts {
  readonly logMel: number;
  readonly encode: number;
  readonly open: number;
  readonly decode: number;
}

/** One window from samples to logits. */
async function runWindow(contestant: Contestant): Promise<Parts> {
  const { kernels, model } = contestant;
  const mark = kernels.heap.mark();
  let last = performance.now();
  const lap = () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
  const { pointer, frameCount } = logMelOfWindow(contestant);
  const logMel = lap();
  const audio = await model.encoder.encode(pointer, frameCount, async () => {});
  const encode = lap();
  const decoder = new DecodingState(model.decoder, audio);
  const open = lap();
  for (const token of tokensToFeed(TOKENS, model.config.vocabSize)) decoder.feed([token], [0]);
  const decode = lap();
  kernels.heap.release(mark);
  return { logMel, encode, open, decode };
}
