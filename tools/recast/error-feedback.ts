import type { Kernels } from "../../src/kernels/kernels.ts";
import type { RotatedBits } from "../../src/linear/rotated-bits.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";
import type { FeedbackBlock } from "./feedback-blocks.ts";
import {
  bitsOf,
  codeBySteps,
  codeBytesInRow,
  type Energies,
  type QuantisedRows,
  type RowForm,
  type RowQuantiser,
  scalesInRow,
} from "./row-quantiser.ts";

/**
 * Rounding with error feedback: the error of each weight is made good by those that follow, as far
 * as the inputs of the layer are correlated.
 *
 * For a row w of the matrix and its rounded form q the error of the outputs is the sum over the inputs
 * x of ((w - q) x)^2 = |R (w - q)|^2, where RᵀR is Cholesky's factorisation of the inputs' moments. R is
 * upper triangular, so going from the last weight to the first each term can be made as small as
 * rounding allows:
 *
 *   q_j = round(w_j + sum over k > j of R_jk / R_jj (w_k - q_k)).
 *
 * That is GPTQ (Frantar, Ashkboos, Hoefler, Alistarh, 2022) without its inverse, from back to front, or
 * Babai's nearest plane (Chen et al., "The Geometry of LLM Quantization", 2025, arXiv 2507.18553).
 *
 * A block of 32 weights takes the errors of all blocks behind it in one matrix product. Then its int4
 * scale is chosen, and its weights are rounded one after the other. What it works with lies on the
 * kernels' heap, and so do the blocks: whoever prepares them marks and releases.
 */
export class ErrorFeedback implements RowQuantiser {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #bits: RotatedBits;
  readonly #form: RowForm;
  readonly #blocks: readonly FeedbackBlock[];
  readonly #isSignalKnown: boolean;
  readonly #weights = { signal: 0, noise: 0 };
  readonly #outputs = { signal: 0, noise: 0 };

  /**
   * @param blocks prepareBlocks of the moments of the matrix's inputs
   * @param signal sum of |R w|^2 over the matrix's rows, where it is known already
   */
  constructor(
    kernels: Kernels,
    blocks: readonly FeedbackBlock[],
    form: RowForm,
    signal: number | null = null,
  ) {
    this.#isSignalKnown = signal !== null;
    this.#outputs.signal = signal ?? 0;
    this.#kernels = kernels;
    this.#width = blocks.reduce((sum, { size }) => sum + size, 0);
    this.#bits = bitsOf(form);
    this.#form = form;
    this.#blocks = blocks;
  }

  get weights(): Energies {
    return this.#weights;
  }

  get outputs(): Energies {
    return this.#outputs;
  }

  quantise(values: number, rows: number): QuantisedRows {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const rowScales = scalesInRow(this.#width, this.#bits);
    const quantised = {
      codes: new Uint8Array(rows * codeBytesInRow(this.#width, this.#bits)),
      scales: new Float32Array(rows * rowScales),
    };
    if (this.#bits === 4 && this.#width % 2 === 1) {
      // Behind an odd number of codes stands that of 0.
      const rowBytes = quantised.codes.length / rows;
      for (let row = 1; row <= rows; row++) quantised.codes[row * rowBytes - 1] = 0x80;
    }
    if (!this.#isSignalKnown) this.#measureSignal(values, rows);
    if (this.#form === 8) quantised.scales.set(this.#rowScales(values, rows));
    else if (this.#form !== 4) quantised.scales.fill(this.#form.step);
    const targets = heap.allocateF32(rows * INT4_GROUP);
    for (const block of this.#blocks) {
      this.#gather(block, values, rows, targets);
      if (this.#bits === 4) {
        const scales = this.#groupScales(targets, rows, block.size);
        const group = block.first / INT4_GROUP;
        for (let row = 0; row < rows; row++) {
          quantised.scales[row * rowScales + group] = scales[row]!;
        }
      }
      this.#roundBlock(block, values, rows, targets, quantised);
    }
    heap.release(mark);
    return quantised;
  }

  /**
   * targets [rows, size] = the block's weights + what the blocks behind it ask for. Of `values`
   * the columns behind the block hold errors already, the others weights.
   */
  #gather(block: FeedbackBlock, values: number, rows: number, targets: number): void {
    const { heap } = this.#kernels;
    const { first, size, panels } = block;
    const width = this.#width;
    const behind = first + size;
    const from = heap.f32(values, rows * width);
    const to = heap.f32(targets, rows * size);
    for (let row = 0; row < rows; row++) {
      const start = row * width + first;
      to.set(from.subarray(start, start + size), row * size);
    }
    if (behind === width) return;
    const [errors, inner] = [values + behind * 4, width - behind];
    this.#kernels.matmulRowsF32(
      errors,
      width,
      panels,
      inner * 8,
      0,
      targets,
      size,
      rows,
      inner,
      size,
      true,
    );
  }

  /** Rounds the block's targets and leaves w - q in `values`. */
  #roundBlock(
    { first, size, feedback, pivots }: FeedbackBlock,
    values: number,
    rows: number,
    targets: number,
    { codes, scales }: QuantisedRows,
  ): void {
    const { heap } = this.#kernels;
    const [width, bits] = [this.#width, this.#bits];
    const lowest = bits === 8 ? -127 : -8;
    const highest = bits === 8 ? 127 : 7;
    const rowScales = scalesInRow(width, bits);
    const rowBytes = codeBytesInRow(width, bits);
    const multipliers = typeof this.#form === "number" ? null : this.#form.multipliers;
    const target = heap.f32(targets, rows * size);
    const weight = heap.f32(values, rows * width);
    const errors = new Float64Array(size);
    let [signal, noise, outputNoise] = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const scale = scales[row * rowScales + (bits === 8 ? 0 : first / INT4_GROUP)]!;
      const inverse = scale === 0 ? 0 : 1 / scale;
      for (let j = size - 1; j >= 0; j--) {
        let wanted = target[row * size + j]!;
        for (let k = j + 1; k < size; k++) wanted += feedback[j * size + k]! * errors[k]!;
        const code =
          multipliers === null
            ? Math.min(Math.max(Math.round(wanted * inverse), lowest), highest)
            : codeBySteps(wanted, scale, multipliers[first + j]!);
        const at = row * width + first + j;
        const value = weight[at]!;
        const error = value - code * scale;
        errors[j] = error;
        weight[at] = error;
        signal += value * value;
        noise += error * error;
        outputNoise += (pivots[j]! * (wanted - code * scale)) ** 2;
        if (bits === 8) codes[row * rowBytes + first + j] = code;
        else codes[row * rowBytes + ((first + j) >> 1)]! |= (code + 8) << (4 * (j & 1));
      }
    }
    this.#weights.signal += signal;
    this.#weights.noise += noise;
    this.#outputs.noise += outputNoise;
  }

  /** Adds |R w|^2 of every row. */
  #measureSignal(values: number, rows: number): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const product = heap.allocateF32(rows * INT4_GROUP);
    let energy = 0;
    for (const block of this.#blocks) {
      const { size, feedback, pivots } = block;
      // With weights behind the block in place of errors this is (R w)_j / R_jj but for the block itself.
      this.#gather(block, values, rows, product);
      const outside = heap.f32(product, rows * size);
      const weight = heap.f32(values, rows * this.#width);
      for (let row = 0; row < rows; row++) {
        const start = row * this.#width + block.first;
        for (let j = 0; j < size; j++) {
          let sum = outside[row * size + j]!;
          for (let k = j + 1; k < size; k++) sum += feedback[j * size + k]! * weight[start + k]!;
          energy += (pivots[j]! * sum) ** 2;
        }
      }
    }
    heap.release(mark);
    this.#outputs.signal += energy;
  }

  /** int8: the scales of rounding to nearest, F32 [rows]; errors rarely lead beyond the largest weight. */
  #rowScales(values: number, rows: number): Float32Array {
    return this.#scalesOf(rows, rows * this.#width, (codes, scales) => {
      this.#kernels.quantiseRowsInt8(values, rows, this.#width, codes, scales);
    });
  }

  /** int4: the scales that rounding the targets of a group to nearest would have, F32 [rows]. */
  #groupScales(targets: number, rows: number, size: number): Float32Array {
    return this.#scalesOf(rows, rows * INT4_GROUP, (codes, scales) => {
      this.#kernels.quantiseRowsInt4(targets, rows, size, codes, scales);
    });
  }

  #scalesOf(
    rows: number,
    codeBytes: number,
    quantise: (codes: number, scales: number) => void,
  ): Float32Array {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const codes = heap.allocate(codeBytes);
    const scales = heap.allocateF32(rows);
    quantise(codes, scales);
    const found = heap.f32(scales, rows).slice();
    heap.release(mark);
    return found;
  }
}
