import type { ModelSource } from "../src/checkpoint/model-source.ts";
import { safetensorsHeader } from "../tools/recast/safetensors-pieces.ts";
import { modelFiles } from "./model-files.ts";
import { halfBits, randomUnits } from "./random-tensor.ts";
import { configOf, type ShapeName, tensorShapes } from "./shapes.ts";

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
  const tensors = shapes.map(([name, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, dtype: "F16", shape, byteLength: 2 * count } as const;
  });
  const header = safetensorsHeader(tensors);
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
  const byteLength = tensors.reduce((sum, tensor) => sum + tensor.byteLength, header.length);
  return { stream, byteLength };
}

const PIECE_ELEMENTS = 1 << 18;

function* generatePieces(
  header: Uint8Array,
  tensors: readonly { name: string; byteLength: number }[],
): Generator<Uint8Array, undefined> {
  yield header;
  for (const { name, byteLength } of tensors) {
    const write = randomUnits(name);
    const count = byteLength / 2;
    for (let at = 0; at < count; at += PIECE_ELEMENTS) {
      const units = new Int16Array(Math.min(PIECE_ELEMENTS, count - at));
      write(units);
      const halves = new Uint16Array(units.length);
      for (let i = 0; i < units.length; i++) halves[i] = halfBits[units[i]! + 8192]!;
      yield new Uint8Array(halves.buffer);
    }
  }
}
