import { ByteReader } from "../src/checkpoint/byte-reader.ts";
import { readSafetensorsHeader } from "../src/checkpoint/safetensors.ts";
import { Weights } from "../src/checkpoint/weights.ts";
import type { Kernels } from "../src/kernels/kernels.ts";
import { LayerFactory } from "../src/linear/layer-factory.ts";
import type { Linear } from "../src/linear/linear.ts";
import { INT4_GROUP } from "../src/linear/rotated-storage.ts";
import type { WeightsKind } from "./protocol.ts";
import { generateSafetensors } from "./random-model.ts";

const FILE = "model.safetensors";

export interface LinearSize {
  readonly inputs: number;
  readonly outputs: number;
}

/** `count` linear layers with bias as the product loads them, of random weights. */
export async function loadLinears(
  kernels: Kernels,
  kind: WeightsKind,
  { inputs, outputs }: LinearSize,
  count: number,
): Promise<Linear[]> {
  const names = Array.from({ length: count }, (_, i) => `layer.${i}`);
  const { stream, byteLength } = generateSafetensors(
    names.flatMap((name) => [
      [`${name}.weight`, [outputs, inputs]],
      [`${name}.bias`, [outputs]],
    ]),
  );
  const reader = new ByteReader(stream);
  const entries = await readSafetensorsHeader(reader, FILE, byteLength);
  const tensors = new Set(entries.map(({ name }) => name));
  const weights = new Weights(tensors, entries, () => FILE);
  const layers = new LayerFactory(kernels, weights, kind);
  const linears = names.map((name) => {
    const shape = { inputWidth: inputs, outputWidth: outputs };
    return layers.linear([{ name, hasBias: true }], shape);
  });
  await weights.place(entries, reader, FILE);
  weights.finish();
  return linears;
}

/** Bytes that a product with one row reads: int8 with a scale and a sum a row, int4 with its scales. */
export function bytesOfMatrix(kind: WeightsKind, inputs: number, outputs: number): number {
  if (kind === "f32") return 4 * inputs * outputs;
  if (kind === "int8") return inputs * outputs + 8 * outputs;
  return (inputs / 2) * outputs + (4 / INT4_GROUP) * inputs * outputs;
}
