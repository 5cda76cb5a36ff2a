import type { LoadProgress } from "../results.ts";

/** Events at most this often, in milliseconds, besides the first and the last of a file. */
const interval = 100;

export type ReportBytes = (
  loadedBytes: number,
  totalBytes: number | null,
  cached: boolean,
  last: boolean,
) => void;

/** Turns the arrival of every chunk of a file into a bearable number of events. */
export function downloadProgress(
  file: string,
  onProgress: (event: LoadProgress) => void,
  now: () => number = () => performance.now(),
): ReportBytes {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (loadedBytes, totalBytes, cached, last) => {
    const time = now();
    if (!last && time - reportedAt < interval) return;
    reportedAt = time;
    onProgress({
      status: "download",
      file,
      loadedBytes,
      // A Content-Length below what has come was that of the compressed body.
      totalBytes: totalBytes !== null && totalBytes < loadedBytes ? null : totalBytes,
      cached,
    });
  };
}
