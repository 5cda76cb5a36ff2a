// Where the keys and values of one attention layer lie as int8, one scale a position: panels for
// multiplyPanel, head by head (append-int8.ts fills them, attention-int8.ts reads them).

const HEADER_BYTES: usize = 64;

/**
 * The beginning of a cache in memory; its heads follow, headBytes each. With depth = headSize
 * rounded up to 4 and width = headSize rounded up to 8, a head is
 *
 *   keys           I8 [capacity / 8][depth / 4][8 positions][4 channels]
 *   key scales     F32 [capacity]
 *   key sums       I32 [capacity], 64 times the sum of a key's codes
 *   value logs     F32 [capacity], logarithm to base 2 of a value's scale
 *   value inverses F32 [capacity], one over a value's scale; 0 for up to 15 positions
 *                  after the last
 *   means          F32 [2][width], what was taken off every key and every value, not rotated
 *   values         I8 [width / 8][capacity / 4][8 channels][4 positions]
 */
@unmanaged
export class KeyValuesInt8 {
  /** Positions there is room for, a multiple of 16. */
  capacity: usize;
  heads: usize;
  headSize: usize;

  // @ts-ignore: decorator
  @inline get depth(): usize {
    return (this.headSize + 3) & ~3;
  }

  // @ts-ignore: decorator
  @inline get width(): usize {
    return (this.headSize + 7) & ~7;
  }

  // @ts-ignore: decorator
  @inline get headBytes(): usize {
    return this.capacity * (this.depth + 16 + this.width) + (this.width << 3);
  }

  // @ts-ignore: decorator
  @inline keys(head: usize): usize {
    return changetype<usize>(this) + HEADER_BYTES + head * this.headBytes;
  }

  // @ts-ignore: decorator
  @inline keyScales(head: usize): usize {
    return this.keys(head) + this.capacity * this.depth;
  }

  // @ts-ignore: decorator
  @inline keySums(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 2);
  }

  // @ts-ignore: decorator
  @inline valueLogs(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 3);
  }

  // @ts-ignore: decorator
  @inline valueInverses(head: usize): usize {
    return this.keyScales(head) + this.capacity * 12;
  }

  // @ts-ignore: decorator
  @inline keyMean(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 4);
  }

  // @ts-ignore: decorator
  @inline valueMean(head: usize): usize {
    return this.keyMean(head) + (this.width << 2);
  }

  // @ts-ignore: decorator
  @inline values(head: usize): usize {
    return this.keyMean(head) + (this.width << 3);
  }
}

/** Bytes of a cache for `capacity` positions, a multiple of 16. */
export function keyValuesBytesInt8(capacity: usize, heads: usize, headSize: usize): usize {
  const depth = (headSize + 3) & ~3;
  const width = (headSize + 7) & ~7;
  return HEADER_BYTES + heads * (capacity * (depth + 16 + width) + (width << 3));
}

/** Makes an empty cache of keyValuesBytesInt8 bytes. */
export function openKeyValuesInt8(
  cache: KeyValuesInt8,
  capacity: usize,
  heads: usize,
  headSize: usize,
): void {
  cache.capacity = capacity;
  cache.heads = heads;
  cache.headSize = headSize;
}
