import { expect, test } from "vitest";
import type { LoadProgress } from "../../src/results.ts";
import { downloadProgress } from "../../src/storage/download-progress.ts";

test("at most ten events a second, the first and the last always", () => {
  const events: LoadProgress[] = [];
  let time = 0;
  const report = downloadProgress(
    "a.bin",
    (event) => events.push(event),
    () => time,
  );
  for (time = 0; time <= 1000; time += 10) report(time, 1001, false, false);
  report(1001, 1001, false, true);
  const loaded = events.map((event) => (event.status === "download" ? event.loadedBytes : null));
  expect(loaded).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1001]);
});

test("a total that is exceeded was none", () => {
  const events: LoadProgress[] = [];
  const report = downloadProgress("a.bin", (event) => events.push(event));
  report(100, 99, true, true);
  expect(events).toEqual([
    { status: "download", file: "a.bin", loadedBytes: 100, totalBytes: null, cached: true },
  ]);
});
