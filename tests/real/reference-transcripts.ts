import { readFileSync } from "node:fs";
import { join } from "node:path";
import { realFolder } from "../../tools/quality/recordings.ts";

export interface ReferenceSegment {
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly avg_logprob: number;
  readonly no_speech_prob: number;
  readonly words?: readonly ReferenceWord[];
}

export interface ReferenceWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly probability: number;
}

/** What openai/whisper 20250625's transcribe() returned in float32, at temperature 0. */
export interface ReferenceTranscript {
  readonly text: string;
  readonly language: string;
  readonly segments: readonly ReferenceSegment[];
}

/** Of one recording. */
export interface ReferenceTranscripts {
  /** With earlier text as prompt. */
  readonly greedy: ReferenceTranscript;
  /** With words' times, without earlier text. */
  readonly greedyWordsNoPrompt: ReferenceTranscript;
  /** Five beams, of some recordings. */
  readonly beam5?: ReferenceTranscript;
  /** The eight likeliest, by code; of the multilingual model. */
  readonly languageProbabilities?: Readonly<Record<string, number>>;
}

export type ReferenceModel = "tiny.en" | "base";

/** By the recording's file name. */
export function referenceTranscripts(
  model: ReferenceModel,
): Readonly<Record<string, ReferenceTranscripts>> {
  return read(`${model}.json`);
}

/** With words' times and earlier text as prompt; of other recordings, by their file names. */
export function moreTranscripts(
  model: ReferenceModel,
): Readonly<Record<string, ReferenceTranscript>> {
  return read("more.json")[model];
}

// biome-ignore lint/suspicious/noExplicitAny: what the file holds is said where it is read
function read(file: string): any {
  return JSON.parse(readFileSync(join(realFolder, "refs", file), "utf8"));
}
