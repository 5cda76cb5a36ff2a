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
