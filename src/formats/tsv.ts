import type { Transcript } from "../results.ts";
import { strip } from "./strip.ts";
import { milliseconds } from "./timestamp.ts";

/**
 * Tab-separated values: start and end in whole milliseconds, text; a line a segment under a line of
 * names, as WriteTSV of whisper/utils.py.
 */
export function toTSV({ segments }: Pick<Transcript, "segments">): string {
  const rows = segments.map(({ start, end, text }) => {
    return [milliseconds(start), milliseconds(end), strip(text).replaceAll("\t", " ")];
  });
  return [["start", "end", "text"], ...rows].map((row) => `${row.join("\t")}\n`).join("");
}
