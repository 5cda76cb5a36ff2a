import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { modelFiles } from "./model-files.ts";
import { randomModel } from "./random-model.ts";
import type { ShapeName } from "./shapes.ts";

/**
 * Writes the random model of that shape as a folder in the Hugging Face layout, the weights as F16:
 * a fixture for anything that reads Whisper checkpoints.
 *
 * @returns bytes of the weights
 */
export async function writeModel(shape: ShapeName, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(modelFiles(shape))) {
    await writeFile(join(folder, name), `${JSON.stringify(content)}\n`);
  }
  const weights = (await randomModel(shape).open("model.safetensors"))!;
  await writeFile(join(folder, "model.safetensors"), weights.stream);
  return weights.byteLength!;
}
