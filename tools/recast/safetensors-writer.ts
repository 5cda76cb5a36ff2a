import { type FileHandle, open } from "node:fs/promises";
import type { TensorEntry } from "../../src/checkpoint/safetensors.ts";

/**
 * Writes a safetensors file front to back: the header first, since all sizes are known, then the
 * tensors' bytes in its order, in pieces of any size.
 */
export class SafetensorsWriter {
  /** Of the whole file. */
  readonly byteLength: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, byteLength: number) {
    this.#file = file;
    this.byteLength = byteLength;
  }

  static async create(path: string, tensors: readonly TensorEntry[]): Promise<SafetensorsWriter> {
    const header = encodeHeader(tensors);
    const dataBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const file = await open(path, "wx");
    const writer = new SafetensorsWriter(file, header.length + dataBytes);
    await writer.write(header);
    return writer;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at);
      at += bytesWritten;
    }
  }

  /** To be called in any case, when the file is whole or when it is given up. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Length, JSON, and spaces so that the tensors begin at a multiple of 8, as the format asks. */
function encodeHeader(tensors: readonly TensorEntry[]): Uint8Array {
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
