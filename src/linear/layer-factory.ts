import { codedFloatSlots } from "../checkpoint/coded-floats.ts";
import { codedSlot, stepSlot } from "../checkpoint/coded-slot.ts";
import { codeSlot, floatSlot, type RowSink } from "../checkpoint/tensor-slot.ts";
import type { Weights } from "../checkpoint/weights.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { WeightsKind } from "../options/options.ts";
import { CascadeLinear, cascadeSlots } from "./cascade-linear.ts";
import { DenseLinear } from "./dense-linear.ts";
import {
  joinLinears,
  type LayerNorm,
  type Linear,
  type LinearObserver,
  type Matrix,
  observeLinear,
} from "./linear.ts";
import { RotatedLinear } from "./rotated-linear.ts";
import { placeSigns, type RotatedBits, RotatedStorage, rotatedBits } from "./rotated-storage.ts";

/** A linear layer of the checkpoint: `name`.weight, or what stands for it, and perhaps `name`.bias. */
export interface LinearPart {
  readonly name: string;
  readonly hasBias: boolean;
}

export interface LinearShape {
  readonly inputWidth: number;
  /** Of each part. */
  readonly outputWidth: number;
}

/** A convolution over three frames, as conv1dGeluF32 wants it. */
export interface Convolution {
  /** packRowsF32 panels of [outputs, 3 * inputs]. */
  readonly packed: number;
  /** F32 [outputs]. */
  readonly bias: number;
}

/** Where a dense matrix lies, [rows, inner] in packRowsF32 panels. */
export interface DensePanels {
  readonly panels: number;
  readonly rows: number;
  readonly inner: number;
}

/**
 * Makes the layers of a model from its checkpoint: each gets its memory at once, and says to `weights`
 * what tensors are to be placed there.
 */
export class LayerFactory {
  readonly kernels: Kernels;
  /** How dense matrices are to be kept. */
  readonly kind: WeightsKind;
  /** The matrices that are dense, by the names of their tensors. */
  readonly dense = new Map<string, DensePanels>();
  readonly #weights: Weights;
  readonly #observe: LinearObserver | undefined;
  /** By width: the rotation's signs, of which all layers of a width have the same. */
  readonly #signs = new Map<number, number>();

  constructor(kernels: Kernels, weights: Weights, kind: WeightsKind, observe?: LinearObserver) {
    this.kernels = kernels;
    this.kind = kind;
    this.#weights = weights;
    this.#observe = observe;
  }

  has(name: string): boolean {
    return this.#weights.has(name);
  }

  /** F32 of `shape`, row-major. */
  floats(name: string, shape: readonly number[]): number {
    const target = this.kernels.heap.allocateF32(product(shape));
    this.#expectCopy(name, shape, target);
    return target;
  }

  layerNorm(name: string, width: number): LayerNorm {
    return {
      weight: this.floats(`${name}.weight`, [width]),
      bias: this.floats(`${name}.bias`, [width]),
    };
  }

  /** Of weights [outputs, inputs, 3]. */
  convolution(name: string, inputs: number, outputs: number): Convolution {
    const { heap } = this.kernels;
    const inner = inputs * 3;
    const packed = this.#allocatePanels(outputs, inner);
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
      this.#pack(values, row, count, inner, packed);
    });
    return { packed, bias: this.floats(`${name}.bias`, [outputs]) };
  }

  /**
   * Linear layers of one input and one output width each, side by side: [part 0 | part 1 | ...]. Each
   * is of the kind that its tensors' names tell; those of one kind become one matrix.
   */
  linear(parts: readonly LinearPart[], shape: LinearShape): Linear {
    const kinds = new Set(parts.map(({ name }) => this.#kindOf(name)));
    const canStack = !kinds.has("cascade") && kinds.size === 1 && shape.outputWidth % 8 === 0;
    const linear =
      canStack || parts.length === 1
        ? this.#stack(parts, shape)
        : joinLinears(parts.map((part) => this.#stack([part], shape)));
    return this.observed(
      linear,
      parts.map(({ name }) => name),
    );
  }

  /** A matrix without bias whose rows can be read: the token embedding, and what projects to logits. */
  matrix(name: string, shape: LinearShape): Matrix {
    return this.#stackMatrix([{ name, hasBias: false }], shape);
  }

  /** `linear`, or a wrapper that shows its input to whoever observes the model. */
  observed(linear: Linear, names: readonly string[]): Linear {
    const observe = this.#observe;
    return observe === undefined ? linear : observeLinear(this.kernels, linear, names, observe);
  }

  #kindOf(name: string): "cascade" | "dense" | RotatedBits {
    if (this.has(`${name}.cascade.scale`)) return "cascade";
    if (this.has(`${name}.rotated.coded`)) return 8;
    // What is in other files than the first is known by name alone.
    const dtype = this.#weights.dtypeOf(`${name}.rotated.weight`);
    if (dtype !== undefined) return dtype === "U8" ? 4 : 8;
    return this.kind === "f32" ? "dense" : rotatedBits(this.kind, name);
  }

  #stack(parts: readonly LinearPart[], shape: LinearShape): Linear {
    const { name } = parts[0]!;
    if (this.#kindOf(name) !== "cascade") return this.#stackMatrix(parts, shape);
    const { scale, permutation, weights } = cascadeSlots(this.kernels, shape);
    const bias = this.#stackBias(parts, shape.outputWidth);
    this.#weights.expect(`${name}.cascade.scale`, scale);
    this.#weights.expect(`${name}.cascade.permutation`, permutation);
    return new CascadeLinear(this.kernels, shape, weights, bias);
  }

  #stackMatrix(parts: readonly LinearPart[], { inputWidth, outputWidth }: LinearShape): Matrix {
    const { kernels } = this;
    const columns = parts.length * outputWidth;
    const bias = this.#stackBias(parts, outputWidth);
    const kind = this.#kindOf(parts[0]!.name);
    if (kind === 8 || kind === 4) {
      const size = { inner: inputWidth, columns };
      const storage = new RotatedStorage(kernels, size, kind, bias, this.#signsOf(inputWidth));
      for (const [i, { name }] of parts.entries()) {
        this.#expectRotated(name, storage, i * outputWidth, outputWidth);
      }
      return new RotatedLinear(kernels, storage);
    }
    const packed = this.#allocatePanels(columns, inputWidth);
    for (const [i, { name }] of parts.entries()) {
      const panels = packed + i * outputWidth * inputWidth * 4;
      const slot = floatSlot(kernels, [outputWidth, inputWidth], (values, row, count) => {
        this.#pack(values, row, count, inputWidth, panels);
      });
      this.dense.set(`${name}.weight`, { panels, rows: outputWidth, inner: inputWidth });
      this.#weights.expect(`${name}.weight`, slot);
    }
    return new DenseLinear(kernels, { inputWidth, outputWidth: columns }, { packed, bias });
  }

  /** Biases one after the other, zeros for parts without; 0 when no part has any. */
  #stackBias(parts: readonly LinearPart[], outputWidth: number): number {
    const { heap } = this.kernels;
    if (!parts.some(({ hasBias }) => hasBias)) return 0;
    const bias = heap.allocateF32(parts.length * outputWidth);
    heap.f32(bias, parts.length * outputWidth).fill(0);
    for (const [i, { name, hasBias }] of parts.entries()) {
      if (hasBias) this.#expectCopy(`${name}.bias`, [outputWidth], bias + i * outputWidth * 4);
    }
    return bias;
  }

  /** Fills rows `first` .. of the storage from codes and scales, or from floats on the way. */
  #expectRotated(name: string, storage: RotatedStorage, first: number, rows: number): void {
    const { kernels } = this;
    const weights = this.#weights;
    const placeCodes: RowSink = (bytes, row, count) =>
      storage.placeCodes(bytes, first + row, count);
    const placeScales: RowSink = (values, row, count) =>
      storage.placeScales(values, first + row, count);
    const rotated = `${name}.rotated`;
    if (weights.has(`${rotated}.coded`)) {
      const size = [rows, storage.inner] as const;
      weights.expect(`${rotated}.coded`, codedSlot(kernels, size, placeCodes));
      weights.expect(`${rotated}.scale`, stepSlot(kernels, rows, placeScales));
    } else if (weights.has(`${rotated}.weight`)) {
      const dtype = storage.bits === 8 ? "I8" : "U8";
      const size = [rows, storage.codeBytes] as const;
      const scales = storage.bits === 8 ? [rows] : [rows, storage.groups];
      weights.expect(`${rotated}.weight`, codeSlot(kernels, size, dtype, placeCodes));
      weights.expect(`${rotated}.scale`, floatSlot(kernels, scales, placeScales));
    } else {
      const slot = floatSlot(kernels, [rows, storage.inner], (values, row, count) => {
        storage.placeFloats(values, first + row, count);
      });
      weights.expect(`${name}.weight`, slot);
    }
  }

  #signsOf(width: number): number {
    const signs = this.#signs.get(width) ?? placeSigns(this.kernels, width);
    this.#signs.set(width, signs);
    return signs;
  }

  /** Room for [rows, inner] in packRowsF32 panels. */
  #allocatePanels(rows: number, inner: number): number {
    return this.kernels.heap.allocateF32(Math.ceil(rows / 8) * 8 * inner);
  }

  /** Puts rows F32 [count, inner] into panels, from `row` on. */
  #pack(values: number, row: number, count: number, inner: number, panels: number): void {
    this.kernels.packRowsF32(values, count, inner, inner, panels + row * inner * 4);
  }

  /** A float tensor, to be placed row-major at `target`. */
  #expectCopy(name: string, shape: readonly number[], target: number): void {
    const { heap } = this.kernels;
    const rowBytes = 4 * product(shape.slice(1));
    this.#expectFloats(name, shape, (values, row, count) => {
      heap.u8(target + row * rowBytes, count * rowBytes).set(heap.u8(values, count * rowBytes));
    });
  }

  /** A float tensor; of "x.weight" also as "x.coded", with its steps before it in "x.scale". */
  #expectFloats(name: string, shape: readonly number[], sink: RowSink): void {
    const coded = name.replace(/weight$/, "coded");
    if (this.has(name) || !this.has(coded)) {
      this.#weights.expect(name, floatSlot(this.kernels, shape, sink));
      return;
    }
    const size = [shape[0]!, product(shape.slice(1))] as const;
    const { steps, codes } = codedFloatSlots(this.kernels, size, sink);
    this.#weights.expect(name.replace(/weight$/, "scale"), steps);
    this.#weights.expect(coded, codes);
  }
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
