/** The first byte after the module's static data: where the host's heap may begin. */
export function heapBase(): usize {
  return __heap_base;
}
