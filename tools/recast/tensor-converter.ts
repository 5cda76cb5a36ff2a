import type { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import type { ModelConfig } from "../../src/checkpoint/model-config.ts";
import { damaged, type TensorEntry } from "../../src/checkpoint/safetensors.ts";
import { floatSlot, readSlice } from "../../src/checkpoint/tensor-slot.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { sinusoids } from "../../src/model/encoder.ts";
import { encodeCodes } from "./encode-codes.ts";
import { toFloat16Bits } from "./float16.ts";
import type { LinearLayer } from "./linear-layers.ts";
import {
  bytesOfFloats,
  type RoundedMatrix,
  type TensorBytes,
  tensorBytes,
} from "./rotated-matrix.ts";
import { codeBySteps } from "./row-quantiser.ts";
import type { TensorTask } from "./tensor-tasks.ts";

/** Computed and stored positions may differ by this: float16 has 11 bits, and they are up to 1. */
const POSITION_TOLERANCE = 5e-4;

/** Of a coded tensor: the step as a share of the matrix's root mean square: noise 35 dB below it. */
const SHARE = 0.06;

/** What nobody reads is passed over in pieces of this size. */
const SKIP_BYTES = 1 << 18;

/** Rounds a linear layer, F32 [outputWidth, inputWidth] as `read` gives it. */
export type RoundLayer = (
  layer: LinearLayer,
  read: () => Promise<Float32Array>,
) => Promise<RoundedMatrix>;

/** A file of the checkpoint, and what its tensors are turned with. */
export interface Conversion {
  readonly kernels: Kernels;
  readonly config: ModelConfig;
  readonly file: string;
  readonly reader: ByteReader;
  /** null: linear layers are rounded elsewhere, and passed over. */
  readonly round: RoundLayer | null;
}

/** Reads the task's tensor to its end and gives what becomes of it. */
export async function convertTensor(
  conversion: Conversion,
  task: TensorTask,
): Promise<TensorBytes[]> {
  const { file, reader } = conversion;
  const end = reader.position + task.entry.byteLength;
  const tensors = await convert(conversion, task);
  for (let left = end - reader.position; left > 0; left = end - reader.position) {
    await readSlice(reader, Math.min(left, SKIP_BYTES), task.entry, file);
  }
  return tensors;
}

async function convert(conversion: Conversion, task: TensorTask): Promise<TensorBytes[]> {
  const { config, file, reader, round } = conversion;
  const { kind, entry } = task;
  const name = entry.name.replace(/\.weight$/, "");
  const readFloats = () => readTensor(conversion, entry);
  switch (kind) {
    case "drop":
      return [];
    case "rotate": {
      if (round === null) return [];
      const rounded = await round(task.layer, readFloats);
      if (Number.isFinite(rounded.weights.signal)) return rounded.tensors(name);
      throw damaged(file, "finite numbers", "others", entry.name);
    }
    case "positions": {
      const values = await readFloats();
      return areComputed(values, config) ? [] : [toHalves(entry, values, file)];
    }
    case "code":
      return codeFloats(name, await readFloats(), entry.shape[0]!);
    case "half":
      return [toHalves(entry, await readFloats(), file)];
    case "copy": {
      const bytes = await readSlice(reader, entry.byteLength, entry, file);
      return [{ entry, bytes: bytes.slice() }];
    }
  }
}

function areComputed(values: Float32Array, { sourcePositions, width }: ModelConfig): boolean {
  const computed = sinusoids(sourcePositions, width);
  return (
    values.length === computed.length &&
    values.every((value, i) => Math.abs(value - computed[i]!) < POSITION_TOLERANCE)
  );
}

function toHalves({ name, shape }: TensorEntry, values: Float32Array, file: string): TensorBytes {
  const bits = toFloat16Bits(values);
  const at = bits.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (at >= 0) throw damaged(file, "numbers that float16 can hold", String(values[at]), name);
  return tensorBytes(name, "F16", shape, new Uint8Array(bits.buffer));
}

/** The tensor as float32, converted slice by slice. */
async function readTensor(
  { kernels, file, reader }: Conversion,
  entry: TensorEntry,
): Promise<Float32Array> {
  const count = entry.shape.reduce((product, size) => product * size, 1);
  const rowElements = count / (entry.shape[0] ?? 1);
  const all = new Float32Array(count);
  const slot = floatSlot(kernels, entry.shape, (values, row, rows) => {
    all.set(kernels.heap.f32(values, rows * rowElements), row * rowElements);
  });
  await slot.place(entry, reader, file);
  return all;
}

/**
 * A tensor that is no linear layer (convolutions, positions) as coded int8, `name`.coded with a step a
 * row, `name`.scale, which comes first: it is multiplied out while it loads.
 *
 * @param values F32 [rows, the rest]
 */
export function codeFloats(name: string, values: Float32Array, rows: number): TensorBytes[] {
  const columns = values.length / rows;
  const energy = values.reduce((sum, value) => sum + value * value, 0);
  const wanted = SHARE * Math.sqrt(energy / values.length);
  const codes = new Int8Array(values.length);
  const steps = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    const peak = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const step = Math.fround(Math.max(wanted, peak / 127)) || 1;
    steps[row] = step;
    codes.set(
      own.map((value) => codeBySteps(value, step, 1)),
      row * columns,
    );
  }
  const bytes = encodeCodes(codes, rows, columns, new Uint8Array(columns).fill(1));
  return [
    tensorBytes(`${name}.scale`, "F32", [rows], bytesOfFloats(steps)),
    tensorBytes(`${name}.coded`, "U8", [bytes.length], bytes),
  ];
}
