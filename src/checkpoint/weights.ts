import type { ModelError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { LayerNorm } from "../linear/linear.ts";
import type { LinearObserver } from "../linear/observed-linear.ts";
import { placeSigns } from "../linear/rotated-storage.ts";
import type { KeyValueCacheKind } from "../model/key-value-cache.ts";
import type { WeightsKind } from "../options/options.ts";
import type { ByteReader } from "./byte-reader.ts";
import { codedFloatSlots } from "./coded-floats.ts";
import { type Dtype, damaged, type TensorEntry } from "./safetensors.ts";
import { floatSlot, type RowSink, readSlice, type TensorSlot } from "./tensor-slot.ts";

/**
 * The weights of a model under construction: layers ask for their tensors by name and get memory at
 * once; the values flow in later, in whatever order the checkpoint has them.
 *
 * Names are those of WhisperForConditionalGeneration without the leading "model.", which
 * checkpoints of the bare WhisperModel lack.
 */
export class Weights {
  /** How dense matrices are to be kept. */
  readonly kind: WeightsKind;
  readonly observe: LinearObserver | undefined;
  readonly dense = new Map<string, DensePanels>();
  readonly #kernels: Kernels;
  readonly #names: ReadonlySet<string>;
  readonly #dtypes: ReadonlyMap<string, Dtype>;
  readonly #slots = new Map<string, TensorSlot>();
  readonly #signs = new Map<number, number>();
  readonly #fileOf: (tensor: string) => string;

  /**
   * @param names all tensors of the checkpoint
   * @param entries those of its first file
   * @param fileOf the file that a tensor is to be found in, for errors about missing ones
   */
  constructor(
    kernels: Kernels,
    names: ReadonlySet<string>,
    entries: readonly TensorEntry[],
    fileOf: (tensor: string) => string,
    options: { kind: WeightsKind; observe: LinearObserver | undefined },
  ) {
    this.kind = options.kind;
    this.observe = options.observe;
    this.#kernels = kernels;
    this.#names = names;
    this.#dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
    this.#fileOf = fileOf;
  }

  /** How keys and values are to be kept. */
  get cacheKind(): KeyValueCacheKind {
    return this.kind === "f32" ? "f32" : "int8";
  }

  has(name: string): boolean {
    return this.#resolve(name) !== undefined;
  }

  /** The dtype of a tensor of the first file. */
  dtypeOf(name: string): Dtype | undefined {
    return this.#dtypes.get(this.#resolve(name) ?? name);
  }

  /** F32 [length]. */
  vector(name: string, length: number): number {
    return this.matrix(name, [length]);
  }

  /** F32 of `shape`, row-major. */
  matrix(name: string, shape: readonly number[]): number {
    const target = this.#kernels.heap.allocateF32(
      shape.reduce((product, size) => product * size, 1),
    );
    this.#expectCopy(name, shape, target);
    return target;
  }

  layerNorm(name: string, width: number): LayerNorm {
    return {
      weight: this.vector(`${name}.weight`, width),
      bias: this.vector(`${name}.bias`, width),
    };
  }

  /** Weights of a convolution [outputs, inputs, 3], packed as conv1dGeluF32 wants them. */
  convolution(name: string, inputs: number, outputs: number): { packed: number; bias: number } {
    const { heap } = this.#kernels;
    const inner = inputs * 3;
    const packed = this.allocatePanels(outputs, inner);
    this.#expectFloats(`${name}.weight`, [outputs, inputs, 3], (values, row, count) => {
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

  /** The rotation's signs, of which all layers of a width have the same. */
  signs(width: number): number {
    const signs = this.#signs.get(width) ?? placeSigns(this.#kernels, width);
    this.#signs.set(width, signs);
    return signs;
  }

  /** Room for [rows, inner] in packRowsF32 panels. */
  allocatePanels(rows: number, inner: number): number {
    return this.#kernels.heap.allocateF32(Math.ceil(rows / 8) * 8 * inner);
  }

  /** F32 [length], to be placed at `target`. */
  expectVector(name: string, length: number, target: number): void {
    this.#expectCopy(name, [length], target);
  }

  /** A dense matrix [rows, inner], to be placed in packRowsF32 panels at `target`. */
  expectPacked(name: string, rows: number, inner: number, target: number): void {
    this.dense.set(name, { panels: target, rows, inner });
    const slot = floatSlot(this.#kernels, [rows, inner], (values, row, count) => {
      this.#kernels.packRowsF32(values, count, inner, inner, target + row * inner * 4);
    });
    this.expect(name, slot);
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

  #expectCopy(name: string, shape: readonly number[], target: number): void {
    const { heap } = this.#kernels;
    const rowBytes = shape.slice(1).reduce((product, size) => product * size, 4);
    this.#expectFloats(name, shape, (values, row, count) => {
      heap.u8(target + row * rowBytes, count * rowBytes).set(heap.u8(values, count * rowBytes));
    });
  }

  /** A float tensor; of "x.weight" also as "x.coded", with its steps before it in "x.scale". */
  #expectFloats(name: string, shape: readonly number[], sink: RowSink): void {
    const coded = name.replace(/weight$/, "coded");
    if (this.has(name) || !this.has(coded)) {
      this.expect(name, floatSlot(this.#kernels, shape, sink));
      return;
    }
    const columns = shape.slice(1).reduce((product, size) => product * size, 1);
    const { steps, codes } = codedFloatSlots(this.#kernels, [shape[0]!, columns], sink);
    this.expect(name.replace(/weight$/, "scale"), steps);
    this.expect(coded, codes);
  }

  #resolve(name: string): string | undefined {
    return [`model.${name}`, name].find((candidate) => this.#names.has(candidate));
  }

  #missing(tensor: string): ModelError {
    const advice = "The checkpoint is incomplete or no Whisper model.";
    return damaged(this.#fileOf(tensor), "the tensor to be there", "nothing", tensor, advice);
  }
}

/** Where a dense matrix lies, [rows, inner] in packRowsF32 panels. */
export interface DensePanels {
  readonly panels: number;
  readonly rows: number;
  readonly inner: number;
}

/** Tensors that nobody wants are read past in pieces of this size. */
const SKIP_BYTES = 65536;
