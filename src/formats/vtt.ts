import type { Transcript } from "../results.ts";
import { type CaptionOptions, cutCaptions } from "./captions.ts";
import { formatTimestamp, type TimestampStyle } from "./timestamp.ts";

const style: TimestampStyle = { alwaysHours: false, decimalMarker: "." };

/**
 * WebVTT captions, as WriteVTT of whisper/utils.py.
 *
 * @throws OptionError for a line length that is no whole number from 1
 */
export function toVTT(
  transcript: Pick<Transcript, "segments">,
  options: CaptionOptions = {},
): string {
  const cues = cutCaptions(transcript, (seconds) => formatTimestamp(seconds, style), options);
  return `WEBVTT\n\n${cues
    .map(({ start, end, text }) => `${start} --> ${end}\n${text}\n\n`)
    .join("")}`;
}
