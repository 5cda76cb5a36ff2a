import { type Contestant, logMelOfWindow, openContestants, windowSeconds } from "./contestants.ts";
import type { BenchHost } from "./host.ts";
import { alternate, median, medianRatio, round, spread } from "./measure.ts";
import type { BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";
import { fastestBuild, openRooflines } from "./rooflines.ts";

/** The encoder over one window of 30 s, each way of running it in turn. */
export async function benchEncode(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  // Wakes the machine up.
  await openRooflines(host, fastestBuild());
  const contestants = await openContestants(request, host);
  const encoders = contestants.map((contestant) => new TimedEncoder(contestant));
  host.progress("encoding");
  const samples = await alternate(
    request.runs,
    encoders.map((encoder) => () => encoder.encode()),
  );
  const rows = contestants.map((contestant, i) => {
    const { first, other } = encoders[i]!.parts(request.runs);
    return {
      shape: request.shape,
      weights: contestant.weights,
      threads: contestant.threads,
      ms: round(median(samples[i]!)),
      spread: spread(samples[i]!),
      "convolutions, layer 1 ms": round(first),
      "another layer ms": round(other),
      "s a second of audio": round(median(samples[i]!) / 1000 / windowSeconds(contestant)),
      "x the first": round(medianRatio(samples[0]!, samples[i]!)),
    };
  });
  for (const { kernels } of contestants) kernels.dispose();
  const [first] = contestants;
  return [
    {
      title: `Encoder of ${request.shape}, 30 s window, ${first?.kernels.build} build`,
      rows,
      notes: ["x the first: how many times faster than the first row, run by run."],
    },
  ];
}

/** An encoder that notes when its layers end. */
class TimedEncoder {
  readonly #contestant: Contestant;
  readonly #mark: number;
  readonly #logMel: { pointer: number; frameCount: number };
  readonly #runs: number[][] = [];

  constructor(contestant: Contestant) {
    this.#contestant = contestant;
    this.#logMel = logMelOfWindow(contestant);
    this.#mark = contestant.kernels.heap.mark();
  }

  async encode(): Promise<void> {
    const { kernels, model } = this.#contestant;
    const { pointer, frameCount } = this.#logMel;
    kernels.heap.release(this.#mark);
    const times: number[] = [];
    let last = performance.now();
    await model.encoder.encode(pointer, frameCount, async () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    });
    this.#runs.push(times);
  }

  /** Medians over the last `runs` calls, in milliseconds. */
  parts(runs: number): { first: number; other: number } {
    const measured = this.#runs.slice(-runs);
    return {
      first: median(measured.map(([first]) => first!)),
      other: median(measured.flatMap(([, ...others]) => others)),
    };
  }
}
