import type { ModelError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { type Dtype, damaged, type TensorEntry } from "./safetensors.ts";
import { readSlice, type TensorSlot } from "./tensor-slot.ts";

/** Tensors that nobody wants are read past in pieces of this size. */
const SKIP_BYTES = 65536;

/**
 * Which tensors of a checkpoint are wanted, and who takes their values, in whatever order the files
 * have them.
 *
 * Names are those of WhisperForConditionalGeneration without the leading "model.", which
 * checkpoints of the bare WhisperModel lack.
 */
export class Weights {
  readonly #names: ReadonlySet<string>;
  readonly #dtypes: ReadonlyMap<string, Dtype>;
  readonly #slots = new Map<string, TensorSlot>();
  readonly #fileOf: (tensor: string) => string;

  /**
   * @param names all tensors of the checkpoint
   * @param entries those of its first file
   * @param fileOf the file that a tensor is to be found in, for errors about missing ones
   */
  constructor(
    names: ReadonlySet<string>,
    entries: readonly TensorEntry[],
    fileOf: (tensor: string) => string,
  ) {
    this.#names = names;
    this.#dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
    this.#fileOf = fileOf;
  }

  has(name: string): boolean {
    return this.#resolve(name) !== undefined;
  }

  /** The dtype of a tensor of the first file. */
  dtypeOf(name: string): Dtype | undefined {
    return this.#dtypes.get(this.#resolve(name) ?? name);
  }

  /** Says who takes a tensor. Throws ModelError when the checkpoint has none of that name. */
  expect(name: string, slot: TensorSlot): void {
    const found = this.#resolve(name);
    if (found === undefined) throw this.#missing(`model.${name}`);
    this.#slots.set(found, slot);
  }

  /** Refuses tensors of the wrong shape or dtype; tensors nobody asked for are passed over. */
  check(entries: readonly TensorEntry[], file: string): void {
    for (const entry of entries) this.#slots.get(entry.name)?.check(entry, file);
  }

  /** Fills the slots of one file's tensors, in the order of their bytes. */
  async place(
    entries: readonly TensorEntry[],
    reader: ByteReader,
    file: string,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const entry of entries) {
      signal?.throwIfAborted();
      const slot = this.#slots.get(entry.name);
      if (slot === undefined) {
        for (let left = entry.byteLength; left > 0; left -= SKIP_BYTES) {
          await readSlice(reader, Math.min(left, SKIP_BYTES), entry, file);
        }
        continue;
      }
      await slot.place(entry, reader, file);
      this.#slots.delete(entry.name);
    }
  }

  /** Throws ModelError when a tensor that was asked for has not come. */
  finish(): void {
    const [missing] = this.#slots.keys();
    if (missing !== undefined) throw this.#missing(missing);
  }

  #resolve(name: string): string | undefined {
    return [`model.${name}`, name].find((candidate) => this.#names.has(candidate));
  }

  #missing(tensor: string): ModelError {
    const advice = "The checkpoint is incomplete or no Whisper model.";
    return damaged(this.#fileOf(tensor), "the tensor to be there", "nothing", tensor, advice);
  }
}
