import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { FwhisperError, OptionError } from "../src/errors.ts";
import { type CaptionOptions, toSRT, toVTT } from "../src/formats/captions.ts";
import { toJSON } from "../src/formats/json.ts";
import { toText, toTSV } from "../src/formats/text.ts";
import type { Transcript } from "../src/results.ts";
import { UsageError } from "./command-line.ts";

export type OutputFormat = "txt" | "vtt" | "srt" | "tsv" | "json";

/** Files to be written for each recording. */
export interface Output {
  readonly folder: string;
  /** In the order in which they are written. */
  readonly formats: readonly OutputFormat[];
  readonly captions: CaptionOptions;
}

type Writer = (transcript: Transcript, captions: CaptionOptions) => string;

const writers: Readonly<Record<OutputFormat, Writer>> = {
  txt: toText,
  vtt: toVTT,
  srt: toSRT,
  tsv: toTSV,
  json: toJSON,
};

/** In the order in which whisper's command writes "all". */
export const outputFormats = Object.keys(writers) as readonly OutputFormat[];

/** Where the transcript of a recording goes: its name with another extension, in the folder. */
export function transcriptPath(recording: string, folder: string, format: OutputFormat): string {
  const name = recording === "-" ? "stdin" : parse(recording).name;
  return join(folder, `${name}.${format}`);
}

/**
 * Refuses recordings whose transcripts would overwrite each other.
 *
 * @throws UsageError
 */
export function checkNames(recordings: readonly string[], { folder, formats }: Output): void {
  const owners = new Map<string, string>();
  for (const recording of recordings) {
    const path = transcriptPath(recording, folder, formats[0]!);
    const owner = owners.get(path);
    if (owner !== undefined) {
      throw new UsageError(
        `${owner} and ${recording} would both be written to ${path}. Give each --output_dir of its own, one command after the other.`,
      );
    }
    owners.set(path, recording);
  }
}

/**
 * Makes the folder that transcripts are written to, and those it lies in.
 *
 * @throws OptionError where it cannot be made
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OptionError(
      `--output_dir ${folder}: expected a folder, or a path where one can be made (${code}).`,
      { found: folder },
      { cause },
    );
  }
}

/** In place of mkdir's own `recursive`, which never ends below /proc. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    const parent = dirname(folder);
    if (code !== "ENOENT" || parent === folder) throw error;
    await makeFolders(parent);
    await mkdir(folder);
  }
}

/**
 * Writes a transcript in each format that is asked for.
 *
 * @throws FwhisperError that names the file which cannot be written
 */
export async function writeTranscript(
  transcript: Transcript,
  recording: string,
  { folder, formats, captions }: Output,
): Promise<void> {
  for (const format of formats) {
    const path = transcriptPath(recording, folder, format);
    try {
      await writeFile(path, writers[format](transcript, captions));
    } catch (cause) {
      if (cause instanceof FwhisperError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      throw new FwhisperError(`${path} cannot be written (${code}).`, { file: path }, { cause });
    }
  }
}
