import type { ModelSource } from "../src/checkpoint/model-source.ts";
import { modelFiles } from "./model-files.ts";
import { halfBits, randomUnits } from "./random-tensor.ts";
import { configOf, type ShapeName } from "./shapes.ts";
import { tensorShapes } from "./tensor-shapes.ts";

/**
 * A model of true shape and seeded random F16 weights, made while it is read: nothing of it lies in
 * memory or on disk.
 */
export function randomModel(shape: ShapeName): ModelSource {
  const files = modelFiles(shape);
  return {
    name: `random ${shape}`,
    json: async (file) => files[file] ?? null,
    text: async () => null,
    async open(file) {
      if (file !== "model.safetensors") return null;
      return generateSafetensors(tensorShapes(configOf(shape)));
    },
  };
}

/** A safetensors file of random F16 tensors; each has the values that belong to its name. */
export function generateSafetensors(shapes: readonly [name: string, shape: readonly number[]][]): {
  stream: ReadableStream<Uint8Array>;
  byteLength: number;
} {
  let end = 0;
  const entries: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const tensors = shapes.map(([name, dimensions]) => {
    const count = dimensions.reduce((product, size) => product * size, 1);
    entries[name] = { dtype: "F16", shape: dimensions, data_offsets: [end, end + 2 * count] };
    end += 2 * count;
    return { name, count };
  });
  const json = JSON.stringify(entries);
  // The tensors begin at a multiple of 8 bytes, as the format asks of writers.
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const header = new Uint8Array(8 + text.length);
  new DataView(header.buffer).setUint32(0, text.length, true);
  header.set(text, 8);
  const pieces = generatePieces(header, tensors);
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, byteLength: header.length + end };
}

const PIECE_ELEMENTS = 1 << 18;

function* generatePieces(
  header: Uint8Array,
  tensors: readonly { name: string; count: number }[],
): Generator<Uint8Array, undefined> {
  yield header;
  for (const { name, count } of tensors) {
    const write = randomUnits(name);
    for (let at = 0; at < count; at += PIECE_ELEMENTS) {
      const units = new Int16Array(Math.min(PIECE_ELEMENTS, count - at));
      write(units);
      const halves = new Uint16Array(units.length);
      for (let i = 0; i < units.length; i++) halves[i] = halfBits[units[i]! + 8192]!;
      yield new Uint8Array(halves.buffer);
    }
  }
}
