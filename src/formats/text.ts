import type { Transcript } from "../results.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import { milliseconds } from "./timestamp.ts";

/** Plain text, a line a segment, as WriteTXT of whisper/utils.py. */
export function toText({ segments }: Pick<Transcript, "segments">): string {
  return segments.map(({ text }) => `${stripSpace(text)}\n`).join("");
}

/**
 * Tab-separated values: start and end in whole milliseconds, text; a line a segment under a line of
 * names, as WriteTSV of whisper/utils.py.
 */
export function toTSV({ segments }: Pick<Transcript, "segments">): string {
  const rows = segments.map(({ start, end, text }) => {
    return [milliseconds(start), milliseconds(end), stripSpace(text).replaceAll("\t", " ")];
  });
  return [["start", "end", "text"], ...rows].map((row) => `${row.join("\t")}\n`).join("");
}
