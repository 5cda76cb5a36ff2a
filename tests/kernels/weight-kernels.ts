import { Heap } from "../../src/kernels/heap.ts";
import type { KernelExports } from "../../src/kernels/kernel-exports.ts";
import { createSharedMemory } from "../../src/kernels/memory.ts";
import { compileAssembly } from "./compile-assembly.ts";

/** tests/assembly/weight-kernels.ts; shapes stand at the kernels in assembly/. */
interface WeightKernels extends Int4Products, Pick<KernelExports, "heapBase" | "packRowsInt4"> {
  widenPanelInt4(
    panel: number,
    depth: number,
    target: number,
    columnScales: number,
    sums: number,
  ): void;
}

/** assembly/multiply-int4.ts, assembly/multiply-int4-pair.ts */
export interface Int4Products {
  prepareRowInt4(codes: number, depth: number, prepared: number): void;
  multiplyPanelInt4(
    prepared: number,
    rowScale: number,
    panel: number,
    depth: number,
    bias: number,
    output: number,
    mode: number,
  ): void;
  multiplyPanelInt4Pair(
    prepared: number,
    rowScales: number,
    panel: number,
    depth: number,
    bias: number,
    output: number,
    outputStride: number,
    mode: number,
  ): void;
}

export async function instantiateWeightKernels(): Promise<WeightKernels & { heap: Heap }> {
  const kernelMemory = createSharedMemory()!;
  const { instance } = await WebAssembly.instantiate(await compileAssembly("weight-kernels.ts"), {
    env: { memory: kernelMemory.memory },
  });
  const kernels = instance.exports as unknown as WeightKernels;
  return { ...kernels, heap: new Heap(kernelMemory, kernels.heapBase()) };
}

/** Bytes of linear memory filled with `values`. */
export function copyBytes(heap: Heap, values: ArrayLike<number>): number {
  const pointer = heap.allocate(values.length);
  heap.u8(pointer, values.length).set(values);
  return pointer;
}

/** Codes -8 .. 7 of rows of `inner` as a file has them: two in a byte, low half first, each + 8. */
export function nibbles(codes: ArrayLike<number>, inner: number): Uint8Array {
  const rowBytes = Math.ceil(inner / 2);
  const bytes = new Uint8Array((codes.length / inner) * rowBytes).fill(0x88);
  for (let i = 0; i < codes.length; i++) {
    const column = i % inner;
    const at = ((i - column) / inner) * rowBytes + (column >> 1);
    const shift = column & 1 ? 4 : 0;
    bytes[at] = (bytes[at]! & ~(15 << shift)) | ((codes[i]! + 8) << shift);
  }
  return bytes;
}
