import type { ModelError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { ByteReader } from "./byte-reader.ts";
import { cascadeSlots } from "./cascade-slots.ts";
import { CascadeLinear, DenseLinear, type Linear } from "./linear.ts";
import { damaged, type TensorEntry } from "./safetensors.ts";
import { floatSlot, readSlice, type TensorSlot } from "./tensor-slot.ts";

/** Scale and shift of a layer normalisation, F32 [width] each. */
export interface LayerNorm {
  readonly weight: number;
  readonly bias: number;
}

/**
 * The weights of a model under construction: layers ask for their tensors by name and get memory at
 * once; the values flow in later, in whatever order the checkpoint has them.
 *
 * Names are those of WhisperForConditionalGeneration without the leading "model.", which
 * checkpoints of the bare WhisperModel lack.
 */
export class Weights {
  readonly #kernels: Kernels;
  readonly #names: ReadonlySet<string>;
  readonly #slots = new Map<string, TensorSlot>();
  readonly #fileOf: (tensor: string) => string;

  /**
   * @param names all tensors of the checkpoint
   * @param fileOf the file that a tensor is to be found in, for errors about missing ones
   */
  constructor(kernels: Kernels, names: ReadonlySet<string>, fileOf: (tensor: string) => string) {
    this.#kernels = kernels;
    this.#names = names;
    this.#fileOf = fileOf;
  }

  /** F32 [length]. */
  vector(name: string, length: number): number {
    return this.matrix(name, [length]);
  }

  /** F32 of `shape`, row-major. */
  matrix(name: string, shape: readonly number[]): number {
    const { heap } = this.#kernels;
    const count = shape.reduce((product, size) => product * size, 1);
    const rowElements = count / shape[0]!;
    const target = heap.allocateF32(count);
    this.#expect(name, shape, (values, row, rows) => {
      const to = target + row * rowElements * 4;
      heap.u8(to, rows * rowElements * 4).set(heap.u8(values, rows * rowElements * 4));
    });
    return target;
  }

  layerNorm(name: string, width: number): LayerNorm {
    return {
      weight: this.vector(`${name}.weight`, width),
      bias: this.vector(`${name}.bias`, width),
    };
  }

  /** A dense matrix [rows, inner] in packRowsF32 panels. */
  packed(name: string, rows: number, inner: number): number {
    const target = this.#allocatePanels(rows, inner);
    this.#expect(name, [rows, inner], (values, row, count) => {
      this.#kernels.packRowsF32(values, count, inner, inner, target + row * inner * 4);
    });
    return target;
  }

  /** Weights of a convolution [outputs, inputs, 3], packed as conv1dF32 wants them. */
  convolution(name: string, inputs: number, outputs: number): { packed: number; bias: number } {
    const { heap } = this.#kernels;
    const inner = inputs * 3;
    const packed = this.#allocatePanels(outputs, inner);
    this.#expect(`${name}.weight`, [outputs, inputs, 3], (values, row, count) => {
      const from = heap.f32(values, count * inner).slice();
      const timeMajor = heap.f32(values, count * inner);
      for (let o = 0; o < count; o++) {
        for (let c = 0; c < inputs; c++) {
          for (let j = 0; j < 3; j++) {
            timeMajor[o * inner + j * inputs + c] = from[o * inner + c * 3 + j]!;
          }
        }
      }
      this.#kernels.packRowsF32(values, count, inner, inner, packed + row * inner * 4);
    });
    return { packed, bias: this.vector(`${name}.bias`, outputs) };
  }

  /** A linear layer of the kind that its tensors' names tell. */
  linear(name: string, inputWidth: number, outputWidth: number, hasBias = true): Linear {
    const shape = { inputWidth, outputWidth };
    const bias = hasBias ? this.vector(`${name}.bias`, outputWidth) : 0;
    if (this.#resolve(`${name}.cascade.scale`) !== undefined) {
      const { scale, permutation, weights } = cascadeSlots(this.#kernels, shape);
      this.#register(`${name}.cascade.scale`, scale);
      this.#register(`${name}.cascade.permutation`, permutation);
      return new CascadeLinear(this.#kernels, shape, weights, bias);
    }
    const packed = this.packed(`${name}.weight`, outputWidth, inputWidth);
    return new DenseLinear(this.#kernels, shape, { packed, bias });
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

  #allocatePanels(rows: number, inner: number): number {
    return this.#kernels.heap.allocateF32(Math.ceil(rows / 8) * 8 * inner);
  }

  #expect(
    name: string,
    shape: readonly number[],
    sink: (values: number, firstRow: number, rowCount: number) => void,
  ): void {
    this.#register(name, floatSlot(this.#kernels, shape, sink));
  }

  #register(name: string, slot: TensorSlot): void {
    const found = this.#resolve(name);
    if (found === undefined) throw this.#missing(`model.${name}`);
    this.#slots.set(found, slot);
  }

  #resolve(name: string): string | undefined {
    return [`model.${name}`, name].find((candidate) => this.#names.has(candidate));
  }

  #missing(tensor: string): ModelError {
    const isRotated = tensor.endsWith(".weight") && this.#names.has(rotatedName(tensor));
    const advice = isRotated
      ? "Rotated weights need a newer fwhisper."
      : "The checkpoint is incomplete or no Whisper model.";
    return damaged(this.#fileOf(tensor), "the tensor to be there", "nothing", tensor, advice);
  }
}

function rotatedName(tensor: string): string {
  return tensor.replace(/\.weight$/, ".rotated.weight");
}

/** Tensors that nobody wants are read past in pieces of this size. */
const SKIP_BYTES = 65536;
