const PAGE_BYTES = 65536;
/** asc is told to import a memory of at least this many pages (asconfig.json, initialMemory). */
const INITIAL_PAGES = 16;
/** What wasm32 addresses: 4 GiB. */
const MOST_PAGES = 65536;

/** A linear memory and how far it may grow. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly limitBytes: number;
}

/** A memory for one thread. */
export function createOwnMemory(): KernelMemory {
  return create(MOST_PAGES, false);
}

/**
 * A memory for several threads; null where there can be none. A shared memory never moves, so all
 * that it may become is reserved at once, and a telephone may not have so many addresses: then it
 * is one that grows less far.
 */
export function createSharedMemory(): KernelMemory | null {
  for (const maximum of [MOST_PAGES, MOST_PAGES / 2, MOST_PAGES / 4]) {
    try {
      return create(maximum, true);
    } catch {}
  }
  return null;
}

function create(maximum: number, shared: boolean): KernelMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
  // The last page of 4 GiB stays free, so that no end pointer wraps to 0.
  return { memory, limitBytes: Math.min(maximum, MOST_PAGES - 1) * PAGE_BYTES };
}
