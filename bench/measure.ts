/** Median, least and greatest of repeated timings, in milliseconds. */
export interface Measurement {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Times `work` `runs` times after one run that is not counted. */
export async function measure(runs: number, work: () => unknown): Promise<Measurement> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(runs / 2)]!, min: times[0]!, max: times.at(-1)! };
}

/** A table for people and, below it, the same rows as one line of JSON. */
export function report(name: string, rows: readonly Readonly<Record<string, unknown>>[]): void {
  console.table(rows);
  console.log(JSON.stringify({ bench: name, node: process.version, rows }));
}

/** Three significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
