import type { Transcript } from "../results.ts";
import { type CaptionOptions, cutCaptions } from "./captions.ts";
import { formatTimestamp, type TimestampStyle } from "./timestamp.ts";

const style: TimestampStyle = { alwaysHours: true, decimalMarker: "," };

/**
 * SubRip captions, as WriteSRT of whisper/utils.py.
 *
 * @throws OptionError for a line length that is no whole number from 1
 */
export function toSRT(
  transcript: Pick<Transcript, "segments">,
  options: CaptionOptions = {},
): string {
  return cutCaptions(transcript, (seconds) => formatTimestamp(seconds, style), options)
    .map(({ start, end, text }, i) => `${i + 1}\n${start} --> ${end}\n${text}\n\n`)
    .join("");
}
