export interface Chunk {
  readonly bytes: Uint8Array;
  /** Nothing follows. */
  readonly last: boolean;
}

/**
 * Cuts pieces of any length into chunks of `chunkBytes`; the last may be shorter, and is empty only
 * where there are no bytes at all. A full chunk is held back until a further byte, or the end, shows
 * whether it is the last. Each chunk owns its buffer: IndexedDB would clone all of a larger one.
 */
export async function* cutChunks(
  pieces: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Chunk> {
  let chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  for await (const piece of pieces) {
    let taken = 0;
    while (taken < piece.length) {
      if (filled === chunkBytes) {
        yield { bytes: chunk, last: false };
        chunk = new Uint8Array(chunkBytes);
        filled = 0;
      }
      const part = piece.subarray(taken, taken + chunkBytes - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield { bytes: filled === chunkBytes ? chunk : chunk.slice(0, filled), last: true };
}
