// Kernels of an engine that multiplies wrongly, as far as instantiateKernels calls them.

export function heapBase(): usize {
  return 1024;
}

export function resetThreads(): void {}

export function selfTest(scratch: usize): bool {
  return load<u8>(scratch) != load<u8>(scratch);
}
