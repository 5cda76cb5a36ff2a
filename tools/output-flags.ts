import type { CaptionOptions } from "../src/formats/captions.ts";
import { choice, count, orNone, UsageError, type Values } from "./command-line.ts";
import { type Output, type OutputFormat, outputFormats } from "./write-transcript.ts";

/** Where transcripts go and in which shape: openai/whisper's flags, for parseCommand. */
export const outputFlags = {
  output_dir: { type: "string", short: "o" },
  output_format: { type: "string", short: "f", read: choice(...outputFormats, "all") },
  highlight_words: { type: "boolean" },
  max_line_width: { type: "string", read: orNone(count, undefined) },
  max_line_count: { type: "string", read: orNone(count, undefined) },
  max_words_per_line: { type: "string", read: orNone(count, undefined) },
} as const;

const captionFlags = {
  highlight_words: "highlightWords",
  max_line_width: "maxLineWidth",
  max_line_count: "maxLineCount",
  max_words_per_line: "maxWordsPerLine",
} as const satisfies Readonly<Record<string, keyof CaptionOptions>>;

/**
 * Unlike whisper's command, which warns of flags without effect or ignores them, all of them are
 * refused.
 *
 * @param hasWords whether words will have times
 * @returns null where nothing is to be written
 * @throws UsageError for wrong values, and for flags that mean nothing without others
 */
export function parseOutputFlags(
  values: Values<typeof outputFlags>,
  hasWords: boolean,
): Output | null {
  const { output_dir: folder, output_format: format } = values;
  const asked = Object.entries(captionFlags).flatMap(([flag, option]) => {
    const value = values[flag as keyof typeof captionFlags] ?? false;
    return value === false ? [] : [{ flag, option, value }];
  });
  const captions: CaptionOptions = Object.fromEntries(
    asked.map(({ option, value }) => [option, value]),
  );
  // The first that asks for something is named where it cannot be had.
  const captionFlag = asked[0]?.flag;
  if (format === undefined) {
    const lonely = folder === undefined ? captionFlag : "output_dir";
    if (lonely === undefined) return null;
    throw new UsageError(
      `--${lonely} is for transcripts written to files: add --output_format, which is one of ${[...outputFormats, "all"].join(", ")}.`,
    );
  }
  const formats = format === "all" ? outputFormats : [format];
  if (captionFlag !== undefined) checkCaptions(captions, captionFlag, { formats, hasWords });
  return { folder: folder ?? ".", formats, captions };
}

function checkCaptions(
  { maxLineWidth, maxLineCount, maxWordsPerLine }: CaptionOptions,
  flag: string,
  given: { readonly formats: readonly OutputFormat[]; readonly hasWords: boolean },
): void {
  if (!given.hasWords) throw new UsageError(`--${flag} requires --word_timestamps True.`);
  if (!given.formats.includes("srt") && !given.formats.includes("vtt")) {
    throw new UsageError(
      `--${flag} is for captions: --output_format srt, vtt or all; found ${given.formats.join()}.`,
    );
  }
  if (maxLineCount === undefined) return;
  if (maxLineWidth === undefined) {
    throw new UsageError("--max_line_count has no effect without --max_line_width.");
  }
  // Captions run across segments then, and no words of a segment are counted.
  if (maxWordsPerLine !== undefined) {
    throw new UsageError(
      "--max_words_per_line has no effect with --max_line_width and --max_line_count.",
    );
  }
}
