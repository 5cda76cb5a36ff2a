import { readFile } from "node:fs/promises";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";

/** The built kernels with a fresh memory. */
export async function kernelInstance(): Promise<Kernels> {
  return instantiateKernels(await readFile(new URL("../../build/kernels.wasm", import.meta.url)));
}
