import type { Kernels } from "../../src/kernels/kernels.ts";
import type { ByteReader } from "../../src/model/byte-reader.ts";
import type { RotatedBits } from "../../src/model/rotated-bits.ts";
import { placeSigns } from "../../src/model/rotated-storage.ts";
import { damaged, type TensorEntry } from "../../src/model/safetensors.ts";
import { floatSlot, readSlice } from "../../src/model/tensor-slot.ts";
import type { Calibration } from "./calibrate.ts";
import { ErrorFeedback } from "./error-feedback.ts";
import { toFloat16Bits } from "./float16.ts";
import type { LinearLayer } from "./linear-layers.ts";
import {
  codeBytesInRow,
  NearestRounding,
  type RowQuantiser,
  scalesInRow,
} from "./row-quantiser.ts";
import type { SafetensorsWriter } from "./safetensors-writer.ts";
import type { LayerEnergies } from "./summary.ts";
import type { TensorTask } from "./tensor-tasks.ts";

type RotateTask = Extract<TensorTask, { kind: "rotate" }>;

/** Tensors that stay as they are go through in pieces of this size, a multiple of any element's. */
const PIECE_BYTES = 1 << 18;

/** Carries the tensors of one file over into the recast one. */
export class TensorConverter {
  readonly #kernels: Kernels;
  readonly #calibration: Calibration | null;
  readonly #file: string;
  readonly #signal: AbortSignal;

  constructor(
    kernels: Kernels,
    options: {
      readonly calibration: Calibration | null;
      readonly file: string;
      readonly signal: AbortSignal;
    },
  ) {
    this.#kernels = kernels;
    this.#calibration = options.calibration;
    this.#file = options.file;
    this.#signal = options.signal;
  }

  /** Reads the task's tensor to its end and writes what becomes of it. */
  async convert(
    task: TensorTask,
    reader: ByteReader,
    writer: SafetensorsWriter,
    energies: LayerEnergies,
  ): Promise<void> {
    const { kind, entry } = task;
    if (kind === "rotate") return this.#rotate(task, reader, writer, energies);
    for (let left = entry.byteLength; left > 0; left -= PIECE_BYTES) {
      this.#signal.throwIfAborted();
      const bytes = await readSlice(reader, Math.min(left, PIECE_BYTES), entry, this.#file);
      if (kind === "copy") await writer.write(bytes);
      if (kind === "half") await writer.write(this.#toHalf(bytes, entry));
    }
  }

  #toHalf(bytes: Uint8Array, entry: TensorEntry): Uint8Array {
    // A copy, since a piece of a stream may begin at any address.
    const values = new Float32Array(bytes.slice().buffer);
    const bits = toFloat16Bits(values);
    const at = bits.findIndex((half) => (half & 0x7c00) === 0x7c00);
    if (at >= 0) {
      const expected = "numbers that float16 can hold";
      throw damaged(this.#file, expected, String(values[at]), entry.name);
    }
    return new Uint8Array(bits.buffer);
  }

  async #rotate(
    { entry, layer, bits }: RotateTask,
    reader: ByteReader,
    writer: SafetensorsWriter,
    energies: LayerEnergies,
  ): Promise<void> {
    const kernels = this.#kernels;
    const { outputWidth: rows, inputWidth: width } = layer;
    const rowBytes = codeBytesInRow(width, bits);
    const rowScales = scalesInRow(width, bits);
    const codes = new Uint8Array(rows * rowBytes);
    const scales = new Float32Array(rows * rowScales);
    const mark = kernels.heap.mark();
    const signs = placeSigns(kernels, width);
    const quantiser = this.#quantiser(layer, bits);
    const slot = floatSlot(kernels, [rows, width], (values, row, count) => {
      this.#signal.throwIfAborted();
      kernels.rotateRowsF32(values, count, width, signs);
      const quantised = quantiser.quantise(values, count);
      codes.set(quantised.codes, row * rowBytes);
      scales.set(quantised.scales, row * rowScales);
    });
    await slot.place(entry, reader, this.#file);
    kernels.heap.release(mark);
    if (!Number.isFinite(quantiser.weights.signal)) {
      throw damaged(this.#file, "finite numbers", "others", entry.name);
    }
    energies.add(layer.kind, quantiser.weights, quantiser.outputs);
    await writer.write(codes);
    await writer.write(
      bits === 8 ? new Uint8Array(scales.buffer) : new Uint8Array(toFloat16Bits(scales).buffer),
    );
  }

  /** Error feedback where the layer's inputs are known: the embedding of an untied model has none. */
  #quantiser({ name, inputWidth }: LinearLayer, bits: RotatedBits): RowQuantiser {
    const moments = this.#calibration?.statistics.of(name);
    return moments === undefined
      ? new NearestRounding(this.#kernels, inputWidth, bits)
      : new ErrorFeedback(this.#kernels, moments, bits);
  }
}
