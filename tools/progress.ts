import { formatTimestamp } from "../src/formats/timestamp.ts";
import type { LoadProgress, Segment, TranscribeProgress } from "../src/results.ts";
import { stripSpace } from "../src/tokenizer/white-space.ts";

/**
 * One line of progress on stderr, overwritten in a terminal, silent elsewhere; null clears it.
 */
export function showProgress(): (text: string | null) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  return (text) => {
    stderr.write(`\r\x1b[K${text?.slice(0, stderr.columns - 1) ?? ""}`);
  };
}

/** "model.safetensors: 1.5 of 75.5 MB" */
export function describeDownload({
  file,
  loadedBytes,
  totalBytes,
}: Extract<LoadProgress, { status: "download" }>): string {
  const total = totalBytes === null ? "" : ` of ${megabytes(totalBytes)}`;
  return `${file}: ${megabytes(loadedBytes)}${total} MB`;
}

/** "decode 35 %, 26 of 75 s" */
export function describeRecognition(event: TranscribeProgress): string {
  const { status, fraction, doneSeconds, totalSeconds } = event;
  const [done, total] = [doneSeconds, totalSeconds].map(Math.round);
  return `${status} ${Math.round(fraction * 100)} %, ${done} of ${total} s`;
}

/** "[00:00.000 --> 00:04.000] text", as whisper's command prints segments. */
export function describeSegment({ start, end, text }: Segment): string {
  const [from, to] = [start, end].map((seconds) => {
    return formatTimestamp(seconds, { alwaysHours: false, decimalMarker: "." });
  });
  return `[${from} --> ${to}] ${stripSpace(text)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
