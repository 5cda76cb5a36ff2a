import { toSRT, toVTT } from "../formats/captions.ts";
import { toText } from "../formats/text.ts";
import type { Segment } from "../results.ts";
import type { DownloadFormat } from "./template.ts";

const formats: Readonly<
  Record<DownloadFormat, { readonly type: string; write(heard: HeardSegments): string }>
> = {
  txt: { type: "text/plain", write: toText },
  srt: { type: "application/x-subrip", write: toSRT },
  vtt: { type: "text/vtt", write: toVTT },
};

interface HeardSegments {
  readonly segments: readonly Segment[];
}

/** Lets the browser save segments as a file. */
export function downloadText(segments: readonly Segment[], format: DownloadFormat): void {
  const { type, write } = formats[format];
  const spoken = segments.filter(({ text }) => text !== "");
  const url = URL.createObjectURL(new Blob([write({ segments: spoken })], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `transcript.${format}`;
  link.click();
  // Some browsers begin to read only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
