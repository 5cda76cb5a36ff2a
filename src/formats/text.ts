import type { Transcript } from "../results.ts";
import { strip } from "./strip.ts";

/** Plain text, a line a segment, as WriteTXT of whisper/utils.py. */
export function toText({ segments }: Pick<Transcript, "segments">): string {
  return segments.map(({ text }) => `${strip(text)}\n`).join("");
}
