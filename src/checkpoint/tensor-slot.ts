import type { Kernels } from "../kernels/kernels.ts";
import type { ByteReader } from "./byte-reader.ts";
import { type Dtype, damaged, type TensorEntry } from "./safetensors.ts";

/** Where one tensor of a checkpoint goes: what it must look like, and who takes its values. */
export interface TensorSlot {
  /** Refuses a tensor of the wrong shape or dtype before any of its bytes is read. */
  check(entry: TensorEntry, file: string): void;
  /** Takes the tensor's bytes from the reader, slice by slice. */
  place(entry: TensorEntry, reader: ByteReader, file: string): Promise<void>;
}

/** The values of a slice of rows; `values` points into kernel memory until the call returns. */
export type RowSink = (values: number, firstRow: number, rowCount: number) => void;

const floatDtypes: readonly Dtype[] = ["F32", "F16", "BF16"];
/** About 256 KB of float32: large enough to keep the calls few, small beside any model. */
const SLICE_ELEMENTS = 65536;

/**
 * A slot for float weights of `shape`, handed to `sink` as float32 rows [rowCount, elements of the
 * other dimensions], a multiple of 8 rows at a time, so that panels can be packed as they come and
 * no tensor ever lies in memory twice.
 */
export function floatSlot(kernels: Kernels, shape: readonly number[], sink: RowSink): TensorSlot {
  const rows = shape[0]!;
  const rowElements = shape.slice(1).reduce((product, size) => product * size, 1);
  return {
    check: (entry, file) => checkTensor(entry, file, shape, floatDtypes),
    place: (...source) =>
      placeRows(kernels, rows, rowElements, source, (bytes, row, count) => {
        sink(toFloat32(kernels, bytes, source[0].dtype, count * rowElements), row, count);
      }),
  };
}

/** A slot for codes of this dtype, handed to `sink` as bytes, a multiple of 8 rows at a time. */
export function codeSlot(
  kernels: Kernels,
  shape: readonly [rows: number, rowBytes: number],
  dtype: "I8" | "U8",
  sink: RowSink,
): TensorSlot {
  const [rows, rowBytes] = shape;
  return {
    check: (entry, file) => checkTensor(entry, file, shape, [dtype]),
    place: (...source) =>
      placeRows(kernels, rows, rowBytes, source, (bytes, row, count) => {
        sink(copyBytes(kernels, bytes), row, count);
      }),
  };
}

/** Reads a tensor of `rows` rows slice by slice; what `place` allocates is given back after each. */
async function placeRows(
  { heap }: Kernels,
  rows: number,
  rowElements: number,
  [entry, reader, file]: Parameters<TensorSlot["place"]>,
  place: (bytes: Uint8Array, firstRow: number, rowCount: number) => void,
): Promise<void> {
  const rowsAtOnce = Math.max(8, Math.floor(SLICE_ELEMENTS / rowElements) & ~7);
  const rowBytes = entry.byteLength / rows;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const bytes = await readSlice(reader, count * rowBytes, entry, file);
    const mark = heap.mark();
    place(bytes, row, count);
    heap.release(mark);
  }
}

/** The next bytes of a tensor; ModelError when the file ends before them. */
export async function readSlice(
  reader: ByteReader,
  byteLength: number,
  entry: TensorEntry,
  file: string,
): Promise<Uint8Array> {
  const bytes = await reader.read(byteLength);
  if (bytes.length < byteLength) {
    const found = `the end of the file after ${reader.position} bytes`;
    throw damaged(file, `${entry.byteLength} bytes`, found, entry.name);
  }
  return bytes;
}

/** Throws ModelError unless the tensor has this shape and one of these dtypes. */
export function checkTensor(
  entry: TensorEntry,
  file: string,
  shape: readonly number[],
  dtypes: readonly Dtype[],
): void {
  if (!dtypes.includes(entry.dtype)) {
    const advice = "Convert the checkpoint to one of these types.";
    throw damaged(file, `dtype ${dtypes.join(", ")}`, entry.dtype, entry.name, advice);
  }
  if (entry.shape.join() !== shape.join()) {
    const advice = "The weights do not belong to this config.json.";
    const found = `[${entry.shape.join(", ")}]`;
    throw damaged(file, `shape [${shape.join(", ")}]`, found, entry.name, advice);
  }
}

/** Converts raw checkpoint bytes to float32 in newly allocated kernel memory. */
function toFloat32(kernels: Kernels, bytes: Uint8Array, dtype: Dtype, count: number): number {
  const raw = copyBytes(kernels, bytes);
  if (dtype === "F32") return raw;
  const values = kernels.heap.allocateF32(count);
  if (dtype === "F16") kernels.convertF16ToF32(raw, values, count);
  else kernels.convertBF16ToF32(raw, values, count);
  return values;
}

function copyBytes({ heap }: Kernels, bytes: Uint8Array): number {
  const pointer = heap.allocate(bytes.length);
  heap.u8(pointer, bytes.length).set(bytes);
  return pointer;
}
