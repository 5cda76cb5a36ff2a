import { Readable } from "node:stream";
import type { ModelSource } from "../src/model/model-source.ts";
import { configOf, type ShapeName } from "./shapes.ts";
import { tensorShapes } from "./tensor-shapes.ts";

/**
 * A model of true shape and seeded random F16 weights, made while it is read: nothing of it lies in
 * memory or on disk. Speed does not depend on what the weights are.
 */
export function randomModel(shape: ShapeName): ModelSource {
  const files: Record<string, unknown> = { "config.json": configOf(shape) };
  return {
    name: `random ${shape}`,
    json: async (file) => files[file] ?? null,
    text: async () => null,
    async open(file) {
      if (file !== "model.safetensors") return null;
      const { header, tensors, byteLength } = layOut(shape);
      const bytes = Readable.from(generate(header, tensors), { objectMode: false });
      return { stream: Readable.toWeb(bytes) as ReadableStream<Uint8Array>, byteLength };
    },
  };
}

/** Tensors in file order with their element counts, and the header that says so. */
function layOut(shape: ShapeName) {
  let end = 0;
  const entries: Record<string, unknown> = {};
  const tensors = tensorShapes(configOf(shape)).map(([name, dimensions]) => {
    const count = dimensions.reduce((product, size) => product * size, 1);
    entries[name] = { dtype: "F16", shape: dimensions, data_offsets: [end, end + 2 * count] };
    end += 2 * count;
    return { name, count };
  });
  const text = new TextEncoder().encode(JSON.stringify(entries));
  const header = new Uint8Array(8 + text.length);
  new DataView(header.buffer).setUint32(0, text.length, true);
  header.set(text, 8);
  return { header, tensors, byteLength: header.length + end };
}

const CHUNK_ELEMENTS = 32768;

function* generate(header: Uint8Array, tensors: readonly { name: string; count: number }[]) {
  yield header;
  let state = 1;
  for (const { name, count } of tensors) {
    const isScale = /norm\.weight$/.test(name);
    for (let at = 0; at < count; at += CHUNK_ELEMENTS) {
      const halves = new Uint16Array(Math.min(CHUNK_ELEMENTS, count - at));
      for (let i = 0; i < halves.length; i++) {
        // xorshift32 (Marsaglia); scales of norms are 1, weights +-[2^-6, 2^-5): neither
        // overflow nor subnormal numbers, however deep the model.
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        halves[i] = isScale ? 0x3c00 : (state & 0x8000) | 0x2400 | (state & 0x3ff);
      }
      yield new Uint8Array(halves.buffer);
    }
  }
}
