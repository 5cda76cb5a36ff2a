import {
  type Contestant,
  describeEach,
  logMelOfWindow,
  openContestants,
  windowSeconds,
} from "./contestants.ts";
import { alternate, median, medianRatio, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";
import { fastestBuild, openRooflines } from "./rooflines.ts";

/** The encoder over one window of 30 s, each way of running it in turn. */
export async function benchEncode(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  // Wakes the machine up.
  await openRooflines(host, fastestBuild());
  const contestants = await openContestants(request, host);
  const layers = contestants.map((): number[][] => []);
  host.progress("encoding");
  const samples = await alternate(
    request.runs,
    contestants.map((contestant, i) => prepareEncoding(contestant, layers[i]!)),
  );
  const rows = describeEach(request, contestants, (contestant, i) => {
    // Those before are of warming up.
    const measured = layers[i]!.slice(-request.runs);
    return {
      ms: round(median(samples[i]!)),
      spread: spread(samples[i]!),
      "convolutions, layer 1 ms": round(median(measured.map(([first]) => first!))),
      "another layer ms": round(median(measured.flatMap(([, ...others]) => others))),
      "s a second of audio": round(median(samples[i]!) / 1000 / windowSeconds(contestant)),
      "x the first": round(medianRatio(samples[0]!, samples[i]!)),
    };
  });
  const title = `Encoder of ${request.shape}, 30 s window, ${contestants[0]?.kernels.build} build`;
  const note = "x the first: how many times faster than the first row, run by run.";
  return [{ title, rows, notes: [note] }];
}

/** @param runs is told the milliseconds of the layers of each run */
function prepareEncoding(contestant: Contestant, runs: number[][]): () => Promise<void> {
  const { kernels, model } = contestant;
  const { pointer, frameCount } = logMelOfWindow(contestant);
  const mark = kernels.heap.mark();
  return async () => {
    kernels.heap.release(mark);
    const times: number[] = [];
    let last = performance.now();
    await model.encoder.encode(pointer, frameCount, async () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    });
    runs.push(times);
  };
}
