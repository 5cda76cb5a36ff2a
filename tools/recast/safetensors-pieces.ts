import type { TensorEntry } from "../../src/checkpoint/safetensors.ts";
import type { TensorBytes } from "./rotated-matrix.ts";

/** A safetensors file front to back: the header, since all sizes are known, then each tensor's bytes. */
export function* safetensorsPieces(tensors: readonly TensorBytes[]): Generator<Uint8Array> {
  yield safetensorsHeader(tensors.map(({ entry }) => entry));
  for (const { bytes } of tensors) yield bytes;
}

/** Length, JSON, and spaces so that the tensors begin at a multiple of 8, as the format asks. */
export function safetensorsHeader(tensors: readonly TensorEntry[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { name, dtype, shape, byteLength } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 8, true);
  view.setUint32(4, 0, true);
  bytes.set(text, 8);
  return bytes;
}
