import type { TensorEntry } from "../../src/checkpoint/safetensors.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { placeSigns } from "../../src/linear/rotated-storage.ts";
import { encodeCodes } from "./encode-codes.ts";
import { ErrorFeedback } from "./error-feedback.ts";
import { prepareBlocks } from "./feedback-blocks.ts";
import { toFloat16Bits } from "./float16.ts";
import { codedSteps, type MatrixFacts, type MatrixForm } from "./matrix-form.ts";
import {
  bitsOf,
  codeBytesInRow,
  dequantiseRows,
  type Energies,
  type QuantisedRows,
  type RowForm,
  roundToNearest,
  scalesInRow,
} from "./row-quantiser.ts";
import type { InputFactor } from "./triangular-factor.ts";

/** Rows that are rotated or rounded at a time. */
const ROWS_AT_ONCE = 4096;

/** A tensor of a file that is written. */
export interface TensorBytes {
  readonly entry: TensorEntry;
  readonly bytes: Uint8Array;
}

export function tensorBytes(
  name: string,
  dtype: TensorEntry["dtype"],
  shape: readonly number[],
  bytes: Uint8Array,
): TensorBytes {
  return { entry: { name, dtype, shape, byteLength: bytes.length }, bytes };
}

/** A matrix in the Hadamard domain, to be rounded in one form or another. */
export class RotatedMatrix {
  readonly width: number;
  readonly rows: number;
  readonly facts: MatrixFacts;
  readonly #kernels: Kernels;
  /** W D Hᵀ, [rows, width]. */
  readonly #values: Float32Array;
  readonly #factor: InputFactor | undefined;
  #outputSignal: number | null = null;

  /**
   * @param values W, F32 [rows, width], overwritten
   * @param factor of its inputs: for error feedback; undefined: weights are rounded to nearest
   */
  constructor(
    kernels: Kernels,
    values: Float32Array,
    width: number,
    factor: InputFactor | undefined,
  ) {
    this.#kernels = kernels;
    this.width = width;
    this.rows = values.length / width;
    rotate(kernels, values, width, "rotateRowsF32");
    this.#values = values;
    this.#factor = factor;
    const pivots = Float64Array.from({ length: width }, (_, i) => {
      return factor?.triangle[(i * (i + 3)) / 2] ?? 1;
    });
    this.facts = { width, ...describeRows(values, width), pivots };
  }

  round(form: MatrixForm): RoundedMatrix {
    const { width, rows } = this;
    const kernels = this.#kernels;
    const { heap } = kernels;
    const steps = form.kind === "coded" ? codedSteps(this.facts, form.share) : null;
    const rowForm: RowForm = steps ?? (form.kind === "int4" ? 4 : 8);
    const bits = bitsOf(rowForm);
    const [rowBytes, rowScales] = [codeBytesInRow(width, bits), scalesInRow(width, bits)];
    const codes = new Uint8Array(rows * rowBytes);
    const scales = new Float32Array(rows * rowScales);
    const weights = { signal: 0, noise: 0 };
    const outputs = { signal: this.#outputSignal ?? 0, noise: 0 };
    const mark = heap.mark();
    const feedback =
      this.#factor && new ErrorFeedback(kernels, prepareBlocks(kernels, this.#factor), rowForm);
    for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
      const part = this.#values.subarray(row * width, (row + ROWS_AT_ONCE) * width);
      const inner = heap.mark();
      const [values, count] = [heap.copyF32(part), part.length / width];
      if (feedback && this.#outputSignal === null) {
        outputs.signal += feedback.outputSignal(values, count);
      }
      const rounded = feedback
        ? feedback.round(values, count, { weights, outputs })
        : roundToNearest(kernels, values, count, width, rowForm, weights);
      codes.set(rounded.codes, row * rowBytes);
      scales.set(rounded.scales, row * rowScales);
      heap.release(inner);
    }
    heap.release(mark);
    this.#outputSignal = outputs.signal;
    return new RoundedMatrix(kernels, width, form, { codes, scales }, steps?.multipliers, {
      weights,
      outputs: feedback ? outputs : null,
    });
  }
}

export class RoundedMatrix {
  readonly form: MatrixForm;
  readonly weights: Energies;
  readonly outputs: Energies | null;
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #quantised: QuantisedRows;
  readonly #multipliers: Uint8Array | undefined;
  #coded: Uint8Array | undefined;

  constructor(
    kernels: Kernels,
    width: number,
    form: MatrixForm,
    quantised: QuantisedRows,
    multipliers: Uint8Array | undefined,
    energies: { weights: Energies; outputs: Energies | null },
  ) {
    this.#kernels = kernels;
    this.#width = width;
    this.form = form;
    this.#quantised = quantised;
    this.#multipliers = multipliers;
    this.weights = energies.weights;
    this.outputs = energies.outputs;
  }

  /** W as the rounded matrix has it, F32 [rows, width], not rotated. */
  values(): Float32Array {
    const bits = this.form.kind === "int4" ? 4 : 8;
    const values = dequantiseRows(this.#quantised, this.#width, bits);
    rotate(this.#kernels, values, this.#width, "unrotateRowsF32");
    return values;
  }

  /** Of its tensors. */
  get byteLength(): number {
    return this.tensors("").reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Its tensors; `name` is the layer's in the file. */
  tensors(name: string): TensorBytes[] {
    const { codes, scales } = this.#quantised;
    const width = this.#width;
    const tensor = (part: string, ...of: [TensorEntry["dtype"], number[], Uint8Array]) =>
      tensorBytes(`${name}.rotated.${part}`, ...of);
    if (this.form.kind === "coded") {
      const rows = codes.length / width;
      this.#coded ??= encodeCodes(new Int8Array(codes.buffer), rows, width, this.#multipliers!);
      const bytes = this.#coded;
      return [
        tensor("scale", "F32", [1], bytesOfFloats(scales.subarray(0, 1))),
        tensor("coded", "U8", [bytes.length], bytes),
      ];
    }
    if (this.form.kind === "int8") {
      const rows = scales.length;
      return [
        tensor("weight", "I8", [rows, width], codes),
        tensor("scale", "F32", [rows], bytesOfFloats(scales)),
      ];
    }
    const groups = scalesInRow(width, 4);
    const rows = scales.length / groups;
    const halves = new Uint8Array(toFloat16Bits(scales).buffer);
    return [
      tensor("weight", "U8", [rows, codes.length / rows], codes),
      tensor("scale", "F16", [rows, groups], halves),
    ];
  }
}

/** Rotates rows in place, or back. */
function rotate(
  kernels: Kernels,
  values: Float32Array,
  width: number,
  turn: "rotateRowsF32" | "unrotateRowsF32",
): void {
  const { heap } = kernels;
  const mark = heap.mark();
  const signs = placeSigns(kernels, width);
  for (let at = 0; at < values.length; at += ROWS_AT_ONCE * width) {
    const part = values.subarray(at, at + ROWS_AT_ONCE * width);
    const inner = heap.mark();
    const pointer = heap.copyF32(part);
    kernels[turn](pointer, part.length / width, width, signs);
    part.set(heap.f32(pointer, part.length));
    heap.release(inner);
  }
  heap.release(mark);
}

function describeRows(
  values: Float32Array,
  width: number,
): Pick<MatrixFacts, "deviations" | "peaks"> {
  const rows = values.length / width;
  const deviations = new Float64Array(rows);
  const peaks = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let [sum, peak] = [0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      sum += values[i]! ** 2;
      peak = Math.max(peak, Math.abs(values[i]!));
    }
    deviations[row] = Math.sqrt(sum / width);
    peaks[row] = peak;
  }
  return { deviations, peaks };
}

/** Little-endian, as the machines that run this are. */
export function bytesOfFloats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.slice().buffer);
}
