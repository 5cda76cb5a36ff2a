import type { Kernels } from "../../src/kernels/kernels.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";
import type { FeedbackBlock } from "./feedback-blocks.ts";
import {
  bitsOf,
  codeBySteps,
  codeBytesInRow,
  type QuantisedRows,
  quantiseRows,
  type RowEnergies,
  type RowForm,
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
export class ErrorFeedback {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #form: RowForm;
  readonly #blocks: readonly FeedbackBlock[];

  /** @param blocks prepareBlocks of the moments of the matrix's inputs */
  constructor(kernels: Kernels, blocks: readonly FeedbackBlock[], form: RowForm) {
    this.#kernels = kernels;
    this.#width = blocks.reduce((sum, { size }) => sum + size, 0);
    this.#form = form;
    this.#blocks = blocks;
  }

  /**
   * @param values F32 [rows, width] in kernel memory, overwritten
   * @param energies what it costs is added to them, but for the signal of the outputs
   */
  round(values: number, rows: number, energies: RowEnergies): QuantisedRows {
    const { heap } = this.#kernels;
    const [form, width, bits] = [this.#form, this.#width, bitsOf(this.#form)];
    const mark = heap.mark();
    const rowScales = scalesInRow(width, bits);
    const rounded = {
      codes: new Uint8Array(rows * codeBytesInRow(width, bits)),
      scales: new Float32Array(rows * rowScales),
    };
    if (bits === 4 && width % 2 === 1) {
      // Behind an odd number of codes stands that of 0.
      const rowBytes = rounded.codes.length / rows;
      for (let row = 1; row <= rows; row++) rounded.codes[row * rowBytes - 1] = 0x80;
    }
    if (typeof form !== "number") rounded.scales.fill(form.step);
    // The scales of rounding to nearest: errors rarely lead beyond the largest weight.
    else if (form === 8) {
      rounded.scales.set(quantiseRows(this.#kernels, values, rows, width, 8).scales);
    }
    const targets = heap.allocateF32(rows * INT4_GROUP);
    for (const block of this.#blocks) {
      this.#gather(block, values, rows, targets);
      if (bits === 4) {
        // Those that rounding the targets of a group to nearest would have.
        const { scales } = quantiseRows(this.#kernels, targets, rows, block.size, 4);
        const group = block.first / INT4_GROUP;
        for (let row = 0; row < rows; row++) {
          rounded.scales[row * rowScales + group] = scales[row]!;
        }
      }
      this.#roundBlock(block, values, rows, targets, rounded, energies);
    }
    heap.release(mark);
    return rounded;
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
    const { matmulRowsF32 } = this.#kernels;
    const [errors, inner] = [values + behind * 4, width - behind];
    matmulRowsF32(errors, width, panels, inner * 8, 0, targets, size, rows, inner, size, true);
  }

  /** Rounds the block's targets and leaves w - q in `values`. */
  #roundBlock(
    { first, size, feedback, pivots }: FeedbackBlock,
    values: number,
    rows: number,
    targets: number,
    { codes, scales }: QuantisedRows,
    { weights, outputs }: RowEnergies,
  ): void {
    const { heap } = this.#kernels;
    const [width, bits] = [this.#width, bitsOf(this.#form)];
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
    weights.signal += signal;
    weights.noise += noise;
    outputs.noise += outputNoise;
  }

  /** Sum of |R w|^2 over rows, F32 [rows, width] in kernel memory. */
  outputSignal(values: number, rows: number): number {
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
    return energy;
  }
}
