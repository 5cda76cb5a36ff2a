import { readFile } from "node:fs/promises";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";

/** The built kernels with a memory of their own. */
export async function instantiateNodeKernels(): Promise<Kernels> {
  return instantiateKernels(await readFile(new URL("../../build/kernels.wasm", import.meta.url)));
}
