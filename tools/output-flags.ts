import type { CaptionOptions } from "../src/formats/captions.ts";
import { parseChoice, parseInteger, UsageError } from "./command-line.ts";
import { type OutputFormat, outputFormats } from "./write-transcript.ts";

/** Where transcripts go and in which shape: openai/whisper's flags, for parseCommand. */
export const outputFlags = {
  output_dir: { type: "string", short: "o" },
  output_format: { type: "string", short: "f" },
  highlight_words: { type: "boolean" },
  max_line_width: { type: "string" },
  max_line_count: { type: "string" },
  max_words_per_line: { type: "string" },
} as const;

/** Values of output flags, as parseCommand gives them. */
export interface OutputFlagValues {
  readonly output_dir?: string | undefined;
  readonly output_format?: string | undefined;
  readonly highlight_words?: boolean | undefined;
  readonly max_line_width?: string | undefined;
  readonly max_line_count?: string | undefined;
  readonly max_words_per_line?: string | undefined;
}

/** Files to be written for each recording. */
export interface Output {
  readonly folder: string;
  /** In the order in which they are written. */
  readonly formats: readonly OutputFormat[];
  readonly captions: CaptionOptions;
}

/**
 * Unlike whisper's command, which warns of flags without effect or ignores them, all of them are
 * refused.
 *
 * @param hasWords whether words will have times
 * @returns null where nothing is to be written
 * @throws UsageError for wrong values, and for flags that mean nothing without others
 */
export function parseOutputFlags(values: OutputFlagValues, hasWords: boolean): Output | null {
  const { output_dir: folder, output_format: format } = values;
  const captions = parseCaptions(values);
  const captionFlag = Object.keys(captions).length > 0 ? firstCaptionFlag(values) : undefined;
  if (format === undefined) {
    const lonely = folder === undefined ? captionFlag : "output_dir";
    if (lonely === undefined) return null;
    throw new UsageError(
      `--${lonely} is for transcripts written to files: add --output_format, which is one of ${[...outputFormats, "all"].join(", ")}.`,
    );
  }
  const choice = parseChoice(format, [...outputFormats, "all"], "output_format");
  const formats = choice === "all" ? outputFormats : [choice];
  if (captionFlag !== undefined) checkCaptions(captions, captionFlag, { formats, hasWords });
  return { folder: folder ?? ".", formats, captions };
}

function parseCaptions(values: OutputFlagValues): CaptionOptions {
  const { highlight_words: highlightWords } = values;
  const length = (flag: "max_line_width" | "max_line_count" | "max_words_per_line") => {
    const value = values[flag];
    return value === undefined || value === "None" ? undefined : parseInteger(value, flag, 1);
  };
  const [maxLineWidth, maxLineCount, maxWordsPerLine] = [
    length("max_line_width"),
    length("max_line_count"),
    length("max_words_per_line"),
  ];
  return {
    ...(highlightWords === true && { highlightWords }),
    ...(maxLineWidth !== undefined && { maxLineWidth }),
    ...(maxLineCount !== undefined && { maxLineCount }),
    ...(maxWordsPerLine !== undefined && { maxWordsPerLine }),
  };
}

/** The first flag that asks for something, to be named where it cannot be had. */
function firstCaptionFlag(values: OutputFlagValues): string | undefined {
  const names = ["highlight_words", "max_line_width", "max_line_count", "max_words_per_line"];
  return names.find((name) => {
    const value = values[name as keyof OutputFlagValues];
    return value !== undefined && value !== false && value !== "None";
  });
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
