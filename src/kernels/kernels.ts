import { EngineError } from "../errors.ts";
import { Heap } from "./heap.ts";
import type { KernelExports } from "./kernel-exports.ts";

/** One instance of the kernel module with its linear memory. */
export interface Kernels extends KernelExports {
  readonly heap: Heap;
}

/** asc is told to import a memory of at least this many pages (asconfig.json, initialMemory). */
const INITIAL_PAGES = 16;

/**
 * Instantiates the kernels with a memory of their own.
 *
 * @param wasm the bytes of build/kernels.wasm, or the compiled module
 * @throws EngineError where WebAssembly SIMD is missing
 */
export async function instantiateKernels(
  wasm: BufferSource | WebAssembly.Module,
): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: 65536 });
  let exports: KernelExports;
  try {
    const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
    const instance = await WebAssembly.instantiate(module, { env: { memory, abort } });
    exports = instance.exports as unknown as KernelExports;
  } catch (cause) {
    throw new EngineError(
      "The kernels could not start: this browser has no WebAssembly SIMD, or the file is damaged. Use a browser from 2023 or later.",
      {},
      { cause },
    );
  }
  return { ...exports, heap: new Heap(memory, exports.heapBase()) };
}

/** AssemblyScript's import for failed assertions; kernels are built without any. */
function abort(): never {
  throw new EngineError("A kernel stopped: this is a bug of fwhisper.");
}
