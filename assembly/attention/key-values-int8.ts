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

  @inline get depth(): usize {
    return (this.headSize + 3) & ~3;
  }

  @inline get width(): usize {
    return (this.headSize + 7) & ~7;
  }

  @inline get headBytes(): usize {
    return this.capacity * (this.depth + 16 + this.width) + (this.width << 3);
  }

  @inline keys(head: usize): usize {
    return changetype<usize>(this) + HEADER_BYTES + head * this.headBytes;
  }

  @inline keyScales(head: usize): usize {
    return this.keys(head) + this.capacity * this.depth;
  }

  @inline keySums(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 2);
  }

  @inline valueLogs(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 3);
  }

  @inline valueInverses(head: usize): usize {
    return this.keyScales(head) + this.capacity * 12;
  }

  @inline keyMean(head: usize): usize {
    return this.keyScales(head) + (this.capacity << 4);
  }

  @inline valueMean(head: usize): usize {
    return this.keyMean(head) + (this.width << 2);
  }

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

/**
 * Copies positions [from, to) of all heads between caches of one shape, where a hypothesis of a beam
 * takes over what another remembers. What both hold before `from`
 * is equal, so that panels which begin before it may be copied whole, and so may what was taken off
 * all positions.
 */
export function copyKeysValuesInt8(
  source: KeyValuesInt8,
  target: KeyValuesInt8,
  from: usize,
  to: usize,
): void {
  const depth = source.depth;
  const panels = source.width >> 3;
  const panelBytes = source.capacity << 3;
  const meanBytes = source.width << 3;
  const firstKey = (from & ~7) * depth;
  const keyBytes = ((to + 7) & ~7) * depth - firstKey;
  const firstValue = (from & ~3) << 3;
  const valueBytes = (((to + 3) & ~3) << 3) - firstValue;
  const offset = from << 2;
  const bytes = (to - from) << 2;
  for (let head: usize = 0; head < source.heads; head++) {
    memory.copy(target.keys(head) + firstKey, source.keys(head) + firstKey, keyBytes);
    memory.copy(target.keyScales(head) + offset, source.keyScales(head) + offset, bytes);
    memory.copy(target.keySums(head) + offset, source.keySums(head) + offset, bytes);
    memory.copy(target.valueLogs(head) + offset, source.valueLogs(head) + offset, bytes);
    const inverses = target.valueInverses(head);
    memory.copy(inverses + offset, source.valueInverses(head) + offset, bytes);
    memory.fill(inverses + (to << 2), 0, (((to + 15) & ~15) - to) << 2);
    memory.copy(target.keyMean(head), source.keyMean(head), meanBytes);
    for (let panel: usize = 0; panel < panels; panel++) {
      const at = panel * panelBytes + firstValue;
      memory.copy(target.values(head) + at, source.values(head) + at, valueBytes);
    }
  }
}

/**
 * Keys as numbers again, for what looks at attention's scores from outside: alignment of words. Attention
 * itself never leaves the codes.
 *
 * Keys of one head at positions [0, count), rotated, less what is common to all: F32 panels for
 * matmulRowsF32, [ceil(count / 8)][headSize][8]; what lies behind `count` in the last panel is of no
 * meaning.
 */
export function unpackKeysInt8(
  cache: KeyValuesInt8,
  head: usize,
  count: usize,
  output: usize,
): void {
  const headSize = cache.headSize;
  const panelBytes = cache.depth << 3;
  let panel = cache.keys(head);
  let scales = cache.keyScales(head);
  for (let at: usize = 0; at < count; at += 8, panel += panelBytes, scales += 32) {
    const low = v128.load(scales);
    const high = v128.load(scales, 16);
    for (let channel: usize = 0; channel < headSize; channel++, output += 32) {
      // [depth / 4][8 positions][4 channels]: a channel's codes are one byte of every four.
      const codes = panel + ((channel & ~3) << 3);
      const shift = 24 - (<i32>(channel & 3) << 3);
      v128.store(output, f32x4.mul(byteOfEach(v128.load(codes), shift), low));
      v128.store(output, f32x4.mul(byteOfEach(v128.load(codes, 16), shift), high), 16);
    }
  }
}

/** One signed byte of each lane, which is `shift` bits below the lane's top, as float32. */
// @ts-ignore: decorator
@inline
function byteOfEach(lanes: v128, shift: i32): v128 {
  return f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(lanes, shift), 24));
}
