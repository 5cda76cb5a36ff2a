import { ModelError } from "../errors.ts";

/** The files of one model, wherever they lie. Names are those of the Hugging Face layout. */
export interface ModelSource {
  /** How errors name the model. */
  readonly name: string;
  /** The parsed JSON of a file; null when the model has no such file. Throws ModelError when it is no JSON. */
  json(file: string): Promise<unknown>;
  /** The text of a file; null when the model has no such file. */
  text(file: string): Promise<string | null>;
  /** The bytes of a file, with their total where known; null when the model has no such file. */
  open(
    file: string,
  ): Promise<{ stream: ReadableStream<Uint8Array>; byteLength: number | null } | null>;
}

/** The error of a model that lacks a file. */
export function missingFile(
  { name }: ModelSource,
  file: string,
  advice = "Give the folder of a Whisper model in the Hugging Face layout.",
): ModelError {
  return new ModelError(`${name}: expected ${file}, found no such file. ${advice}`, {
    file,
    expected: file,
    found: null,
  });
}
