import { DecodingState } from "../src/model/decoding-state.ts";
import {
  type Contestant,
  logMelOfWindow,
  openContestants,
  tokensToFeed,
  windowSeconds,
} from "./contestants.ts";
import type { BenchHost } from "./host.ts";
import { alternate, median, medianRatio, round, spread } from "./measure.ts";
import type { BenchRequest } from "./protocol.ts";
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
  const windows = contestants.map((contestant) => new TimedWindow(contestant));
  host.progress("transcribing");
  const samples = await alternate(
    request.runs,
    windows.map((window) => () => window.run()),
  );
  const rows = contestants.map((contestant, i) => {
    const goal = goals[request.shape];
    const isMeasured = goal?.threads === contestant.threads;
    const { logMel, encode, open, decode } = windows[i]!.parts(request.runs);
    return {
      shape: request.shape,
      weights: contestant.weights,
      threads: contestant.threads,
      "real-time factor": round(median(samples[i]!) / 1000 / windowSeconds(contestant)),
      spread: spread(samples[i]!),
      goal: isMeasured ? `${goal.goal} (${goal.stretch})` : null,
      "x the first": round(medianRatio(samples[0]!, samples[i]!)),
      "log-mel ms": round(logMel),
      "encode ms": round(encode),
      "cross-attention ms": round(open),
      "100 tokens ms": round(decode),
      "peak MB": round(contestant.kernels.heap.peakBytes / 1e6),
    };
  });
  for (const { kernels } of contestants) kernels.dispose();
  const [first] = contestants;
  return [
    {
      title: `One window of 30 s, ${TOKENS} tokens, ${request.shape}, ${first?.kernels.build} build`,
      rows,
      notes: [
        "goal: of int8 or int4 on the machine at hand, beside it what would be better still. x the first: how many times faster than the first row, run by run.",
      ],
    },
  ];
}

interface Parts {
  readonly logMel: number;
  readonly encode: number;
  readonly open: number;
  readonly decode: number;
}

/** One window from samples to logits, with the times of its parts. */
class TimedWindow {
  readonly #contestant: Contestant;
  readonly #tokens: readonly number[];
  readonly #runs: Parts[] = [];

  constructor(contestant: Contestant) {
    this.#contestant = contestant;
    this.#tokens = tokensToFeed(TOKENS, contestant.model.config.vocabSize);
  }

  async run(): Promise<void> {
    const { kernels, model } = this.#contestant;
    const mark = kernels.heap.mark();
    const times = [performance.now()];
    const logMel = logMelOfWindow(this.#contestant);
    times.push(performance.now());
    const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
    times.push(performance.now());
    const decoder = new DecodingState(model.decoder, audio);
    times.push(performance.now());
    for (const token of this.#tokens) decoder.feed([token], [0]);
    times.push(performance.now());
    kernels.heap.release(mark);
    const [a, b, c, d, e] = times as [number, number, number, number, number];
    this.#runs.push({ logMel: b - a, encode: c - b, open: d - c, decode: e - d });
  }

  /** Medians over the last `runs` calls, in milliseconds. */
  parts(runs: number): Parts {
    const measured = this.#runs.slice(-runs);
    const middle = (part: keyof Parts) => median(measured.map((run) => run[part]));
    return {
      logMel: middle("logMel"),
      encode: middle("encode"),
      open: middle("open"),
      decode: middle("decode"),
    };
  }
}
