/** A piece of work to be timed, synchronous or not; what it returns does not matter. */
export type Work = () => unknown;

/** Milliseconds of one call, a sample for each run. */
export type Samples = readonly number[];

/** Kernels run at a fraction of their speed until the engine has compiled them well. */
const WARM_UP_MS = 150;
/** A sample is as many calls as take this long, so that the clock's grain does not matter. */
const SAMPLE_MS = 10;

/**
 * Times works by turns, A B C A B C, so that what disturbs the machine meets all of them alike and
 * their ratios, run by run, mean something. Each is warmed up first.
 */
export async function alternate(runs: number, works: readonly Work[]): Promise<Samples[]> {
  const calls: number[] = [];
  for (const work of works) calls.push(await warmUp(work));
  const samples: number[][] = works.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [i, work] of works.entries()) {
      samples[i]!.push((await time(work, calls[i]!)) / calls[i]!);
    }
  }
  return samples;
}

/** Runs the work for a while, once at least; returns how many calls make a sample. */
async function warmUp(work: Work): Promise<number> {
  const start = performance.now();
  let last = 0;
  do {
    last = await time(work, 1);
  } while (performance.now() - start < WARM_UP_MS);
  return Math.max(1, Math.ceil(SAMPLE_MS / Math.max(last, 1e-3)));
}

async function time(work: Work, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

/** The middle value; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Median of a[i] / b[i]: samples of one run stand side by side. */
export function medianRatio(a: Samples, b: Samples): number {
  return median(a.map((value, i) => value / b[i]!));
}

/** Least and greatest, as percent of the median: "-3 / +12 %". */
export function spread(samples: Samples): string {
  const middle = median(samples);
  const percent = (value: number) => Math.round(100 * (value / middle - 1));
  return `${percent(Math.min(...samples))} / +${percent(Math.max(...samples))} %`;
}

/** Three significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** A share in percent, "87 %". */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
