import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import type { ModelConfig } from "../../src/checkpoint/model-config.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { readSafetensorsHeader, type TensorEntry } from "../../src/checkpoint/safetensors.ts";
import { readSlice } from "../../src/checkpoint/tensor-slot.ts";
import { ModelError } from "../../src/errors.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { type RotatedBits, rotatedBits } from "../../src/linear/rotated-storage.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { toFloat16Bits } from "../recast/float16.ts";
import { linearLayers } from "../recast/linear-layers.ts";
import { dequantiseRows, quantiseRows } from "../recast/row-quantiser.ts";

/** Rows that are rounded at once. */
const ROWS = 512;

/**
 * A float checkpoint whose matrices are rounded while they stream, without rotation, and stay floats:
 * what rounding alone costs, to be loaded in f32. Each matrix has the bits that the engine gives it.
 */
export function unrotatedSource(
  kernels: Kernels,
  source: ModelSource,
  config: ModelConfig,
  kind: Exclude<WeightsKind, "f32">,
): ModelSource {
  const layers = new Set(linearLayers(config).map(({ name }) => name));

  /** Bits of a tensor; null for what stays as it is. */
  function bitsOf(tensor: string) {
    const layer = tensor.replace(/^model\./, "").replace(/\.weight$/, "");
    return tensor.endsWith(".weight") && layers.has(layer) ? rotatedBits(kind, layer) : null;
  }

  async function* round(file: string) {
    const head = (await source.open(file))!;
    const headReader = new ByteReader(head.stream);
    const entries = await readSafetensorsHeader(headReader, file, head.byteLength);
    const headBytes = headReader.position;
    await headReader.cancel();

    const reader = new ByteReader((await source.open(file))!.stream);
    try {
      yield (await reader.read(headBytes)).slice();
      for (const entry of entries) {
        const bits = bitsOf(entry.name);
        const rowBytes = entry.byteLength / (entry.shape[0] ?? 1);
        const [pieceBytes, inner] = [ROWS * rowBytes, entry.shape[1] ?? 1];
        for (let at = 0; at < entry.byteLength; at += pieceBytes) {
          const wanted = Math.min(pieceBytes, entry.byteLength - at);
          const bytes = (await readSlice(reader, wanted, entry, file)).slice();
          if (bits === null) {
            yield bytes;
            continue;
          }
          const values = readFloats(kernels, bytes, entry, file);
          roundRows(kernels, values, inner, bits);
          yield entry.dtype === "F32" ? bytesOf(values) : bytesOf(toFloat16Bits(values));
        }
      }
    } finally {
      await reader.cancel();
    }
  }

  return {
    ...source,
    name: `${source.name}, ${kind} without rotation`,
    async open(file) {
      const opened = await source.open(file);
      if (opened === null || !file.endsWith(".safetensors")) return opened;
      await opened.stream.cancel();
      const pieces = round(file);
      const stream = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const { done, value } = await pieces.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel: async () => void (await pieces.return()),
        },
        { highWaterMark: 0 },
      );
      return { stream, byteLength: opened.byteLength };
    },
  };
}

/**
 * Rounds rows, F32 [rows, inner], in place to what int8 (one scale a row) or int4 (one for 32 numbers)
 * makes of them, by the kernels that round rotated rows, but as they are.
 */
export function roundRows(
  kernels: Kernels,
  values: Float32Array,
  inner: number,
  bits: RotatedBits,
): void {
  const { heap } = kernels;
  const mark = heap.mark();
  const rows = values.length / inner;
  const quantised = quantiseRows(kernels, heap.copyF32(values), rows, inner, bits);
  values.set(dequantiseRows(quantised, inner, bits));
  heap.release(mark);
}

/** @throws ModelError for what is neither F32 nor F16 */
function readFloats(
  { heap, convertF16ToF32 }: Kernels,
  bytes: Uint8Array<ArrayBuffer>,
  { name, dtype }: TensorEntry,
  file: string,
): Float32Array<ArrayBuffer> {
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  if (dtype !== "F16") {
    throw new ModelError(
      `${file}: tensor ${name}: expected F32 or F16 to round, found ${dtype}. Give another checkpoint of the model.`,
      { file, tensor: name, expected: "F32 or F16", found: dtype },
    );
  }
  const mark = heap.mark();
  const count = bytes.length / 2;
  const raw = heap.allocate(bytes.length);
  heap.u8(raw, bytes.length).set(bytes);
  const values = heap.allocateF32(count);
  convertF16ToF32(raw, values, count);
  const floats = heap.f32(values, count).slice();
  heap.release(mark);
  return floats;
}

function bytesOf({ buffer }: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer);
}
