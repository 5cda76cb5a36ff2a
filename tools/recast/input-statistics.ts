import type { Kernels } from "../../src/kernels/kernels.ts";
import { placeSigns } from "../../src/linear/rotated-storage.ts";
import { inputsSharedWith } from "./linear-layers.ts";
import { factorMoments, type InputFactor, type InputMoments } from "./triangular-factor.ts";

/** Rows gathered before they are multiplied: enough that adding the result up costs little. */
const ROWS_AT_ONCE = 512;
/** Columns of a product; what lies above the diagonal blocks is left out. */
const COLUMNS_AT_ONCE = 256;

/** Adds up X Xᵀ of the inputs of linear layers, in the Hadamard domain, from an observer's calls. */
export class InputStatistics {
  readonly #kernels: Kernels;
  readonly #inputs = new Map<string, RowGatherer>();
  readonly #factors = new Map<string, InputFactor>();

  /** `kernels`: for the products; not those that the model lies in. */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /**
   * Takes in what `layers` are about to multiply, as LinearObserver tells it.
   *
   * @param values F32 [rows, width]
   */
  add(layers: readonly string[], values: Float32Array, rows: number): void {
    const width = values.length / rows;
    for (const layer of layers) {
      // Of layers that share an input only one is followed.
      if (inputsSharedWith(layer) !== layer) continue;
      let gatherer = this.#inputs.get(layer);
      if (gatherer === undefined) {
        gatherer = new RowGatherer(this.#kernels, width);
        this.#inputs.set(layer, gatherer);
      }
      gatherer.add(values);
    }
  }

  /** What `layer` saw; undefined when nothing. */
  of(layer: string): InputMoments | undefined {
    return this.#inputs.get(inputsSharedWith(layer))?.moments();
  }

  /** The same factored, once for all layers that share it, and in its place: nothing can be added. */
  factorOf(layer: string): InputFactor | undefined {
    const input = inputsSharedWith(layer);
    const moments = this.of(layer);
    if (moments !== undefined) {
      this.#factors.set(input, factorMoments(this.#kernels, moments));
      this.#inputs.delete(input);
    }
    return this.#factors.get(input);
  }
}

class RowGatherer {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #pending: Float32Array;
  readonly #triangle: Float32Array;
  #pendingRows = 0;
  #rows = 0;

  constructor(kernels: Kernels, width: number) {
    this.#kernels = kernels;
    this.#width = width;
    this.#pending = new Float32Array(ROWS_AT_ONCE * width);
    this.#triangle = new Float32Array((width * (width + 1)) / 2);
  }

  add(values: Float32Array): void {
    const width = this.#width;
    for (let from = 0; from < values.length; ) {
      const room = (ROWS_AT_ONCE - this.#pendingRows) * width;
      const part = values.subarray(from, from + room);
      this.#pending.set(part, this.#pendingRows * width);
      this.#pendingRows += part.length / width;
      from += part.length;
      if (this.#pendingRows === ROWS_AT_ONCE) this.#multiply();
    }
  }

  moments(): InputMoments {
    this.#multiply();
    return { width: this.#width, rows: this.#rows, triangle: this.#triangle };
  }

  /** Adds Xᵀ X of the rows gathered, a block of columns at a time. */
  #multiply(): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const rows = this.#pendingRows;
    if (rows === 0) return;
    const mark = heap.mark();
    const transposed = this.#transposeRotated(rows);
    const packed = heap.allocateF32(COLUMNS_AT_ONCE * rows);
    const product = heap.allocateF32(width * COLUMNS_AT_ONCE);
    for (let first = 0; first < width; first += COLUMNS_AT_ONCE) {
      const columns = Math.min(COLUMNS_AT_ONCE, width - first);
      const source = transposed + first * rows * 4;
      this.#kernels.packRowsF32(source, columns, rows, rows, packed);
      this.#kernels.matmulRowsF32(
        source,
        rows,
        packed,
        rows * 8,
        0,
        product,
        columns,
        width - first,
        rows,
        columns,
        false,
      );
      const block = heap.f32(product, (width - first) * columns);
      for (let i = first, from = 0; i < width; i++, from += columns) {
        const to = (i * (i + 1)) / 2 + first;
        const count = Math.min(columns, i + 1 - first);
        for (let j = 0; j < count; j++) this.#triangle[to + j]! += block[from + j]!;
      }
    }
    heap.release(mark);
    this.#rows += rows;
    this.#pendingRows = 0;
  }

  /** F32 [width, rows] of the rows gathered, each rotated. */
  #transposeRotated(rows: number): number {
    const { heap } = this.#kernels;
    const width = this.#width;
    const target = heap.allocateF32(width * rows);
    const mark = heap.mark();
    const rotated = heap.copyF32(this.#pending.subarray(0, rows * width));
    this.#kernels.rotateRowsF32(rotated, rows, width, placeSigns(this.#kernels, width));
    const from = heap.f32(rotated, rows * width);
    const to = heap.f32(target, width * rows);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) to[i * rows + row] = from[row * width + i]!;
    }
    heap.release(mark);
    return target;
  }
}
