// Entropy-coded int8 weights (src/checkpoint/coded-layout.ts): range asymmetric numeral systems (Duda,
// "Asymmetric numeral systems", 2013) with eight interleaved states in two vectors (Giesen,
// "Interleaved entropy coders", 2014). A symbol takes one look-up of 32 bits; the words which the
// states of a vector want are spread over its lanes by one swizzle. Which states want a word is
// next to random, so that a branch for each would cost more than all the rest.

// What decodeCodes looks symbols up in, made from the frequencies of src/checkpoint/code-frequencies.ts:
//
//   U8 [16][16]   for each set of four lanes, bit by bit, the places which words take one after the
//                 other in these lanes; elsewhere 0
//   32 zeros      shifts of eight columns without multipliers
//   32 unused     so that tables begin at a cache line
//   U32 [CONTEXTS][4096]   for each slot its symbol (high 8 bits), how far it is from the first
//                 slot of that symbol (12 bits), how many slots the symbol has (low 12 bits)

/** As in src/checkpoint/code-frequencies.ts. */
export const TABLE_BITS: u32 = 12;
export const CONTEXTS: i32 = 40;
const SYMBOLS: usize = 256;

export const ZEROS: usize = 256;
export const TABLES: usize = 320;
/** log2 of a table's bytes. */
export const TABLE_SHIFT: i32 = TABLE_BITS + 2;

export function codeTablesBytes(): usize {
  return TABLES + ((<usize>CONTEXTS) << TABLE_SHIFT);
}

/** frequencies: U16 [CONTEXTS, 256], symbol s at s + 128, adding up to 4096 each. tables: as above. */
export function buildCodeTables(frequencies: usize, tables: usize): void {
  buildPlaces(tables);
  memory.fill(tables + ZEROS, 0, TABLES - ZEROS);
  let target = tables + TABLES;
  for (let context: i32 = 0; context < CONTEXTS; context++, frequencies += SYMBOLS << 1) {
    for (let at: usize = 0; at < SYMBOLS; at++) {
      const frequency: u32 = load<u16>(frequencies + (at << 1));
      const word = ((<u32>at - 128) << 24) | frequency;
      for (let bias: u32 = 0; bias < frequency; bias++, target += 4) {
        store<u32>(target, word | (bias << TABLE_BITS));
      }
    }
  }
}

function buildPlaces(target: usize): void {
  memory.fill(target, 0xff, ZEROS);
  for (let lanes: usize = 0; lanes < 16; lanes++) {
    let from: u32 = 0;
    for (let lane: usize = 0; lane < 4; lane++) {
      if ((lanes >> lane) & 1) {
        store<u16>(target + (lanes << 4) + (lane << 2), <u16>(from | ((from + 1) << 8)));
        from += 2;
      }
    }
  }
}

/** Places in a block, and what its states end at (src/checkpoint/coded-layout.ts). */
const STATES_AT: usize = 2;
const WORDS_AT: usize = 34;
const FINAL_STATE: u32 = 1 << 16;
/** In scratch, behind the states. */
const CLASSES: usize = 32;

/** Bytes that decodeCodes wants for a block of so many rows. */
export function decodeCodesScratch(rows: usize): usize {
  return CLASSES + ((rows + 15) & ~15);
}

/**
 * Decodes a block; false when its bytes are none. Any bytes may come: what is read and written stays
 * within the operands, and a false answer leaves something or other in codes.
 *
 * block: U8 [byteLength], a block of coded-layout.ts without its check and length, and 16 bytes behind
 * it that may be read. shifts: I32 [columns rounded up to 8], contextShift of each column's multiplier
 * << 14. multipliers: I8 [columns rounded up to 8], 1 .. 127. Both 0 where all multipliers are 1.
 * tables: as buildCodeTables makes them. codes: I8 [rows, columns], and 8 bytes behind them that may be
 * overwritten. scratch: decodeCodesScratch(rows) bytes.
 */
export function decodeCodes(
  block: usize,
  byteLength: usize,
  rows: usize,
  columns: usize,
  shifts: usize,
  multipliers: usize,
  tables: usize,
  codes: usize,
  scratch: usize,
): bool {
  if (byteLength < WORDS_AT) return false;
  const middle = <i32>load<u8>(block);
  const context = <i32>load<u8>(block, 1);
  if (context >= CONTEXTS) return false;
  memory.copy(scratch, block + STATES_AT, CLASSES);
  const end = block + byteLength;
  const zeros = tables + ZEROS;
  const classes = scratch + CLASSES;
  let words = block + WORDS_AT;
  words = decodeRow(words, end, scratch, context << TABLE_SHIFT, zeros, 0, tables, rows, classes);
  const stride: usize = shifts == 0 ? 0 : 32;
  if (shifts == 0) shifts = zeros;
  for (let row: usize = 0; row < rows; row++, codes += columns) {
    const rowClass = min<i32>(middle + load<i8>(classes + row), CONTEXTS - 1);
    const offset = rowClass << TABLE_SHIFT;
    words = decodeRow(words, end, scratch, offset, shifts, stride, tables, columns, codes);
    if (words > end) return false;
    if (multipliers != 0) multiplyRow(codes, multipliers, columns);
  }
  if (words != end) return false;
  for (let at: usize = 0; at < CLASSES; at += 4) {
    if (load<u32>(scratch + at) != FINAL_STATE) return false;
  }
  return true;
}

/**
 * Decodes `count` symbols to I8 [count rounded up to 8] with the tables at `offset` - shifts from the
 * first, but not before it; shifts of 8 symbols lie `stride` bytes behind the last. Returns where the
 * next word is; behind `end` when words were missing.
 */
function decodeRow(
  words: usize,
  end: usize,
  states: usize,
  offset: i32,
  shifts: usize,
  stride: usize,
  tables: usize,
  count: usize,
  output: usize,
): usize {
  const first = i32x4.splat(<i32>(tables + TABLES));
  const offsets = i32x4.splat(offset);
  let x = v128.load(states);
  let y = v128.load(states, 16);
  for (; count >= 8 && words <= end; count -= 8, output += 8, shifts += stride) {
    const a = lookUp(x, i32x4.sub(offsets, v128.load(shifts)), first);
    const b = lookUp(y, i32x4.sub(offsets, v128.load(shifts, 16)), first);
    x = advance(x, a);
    y = advance(y, b);
    const hungryX = i32x4.eq(i32x4.shr_u(x, 16), i32x4.splat(0));
    const hungryY = i32x4.eq(i32x4.shr_u(y, 16), i32x4.splat(0));
    const lanesX = <usize>i32x4.bitmask(hungryX);
    const lanesY = <usize>i32x4.bitmask(hungryY);
    x = feed(x, hungryX, words, tables + (lanesX << 4));
    words += popcnt(lanesX) << 1;
    y = feed(y, hungryY, words, tables + (lanesY << 4));
    words += popcnt(lanesY) << 1;
    v128.store64_lane(output, highBytes(a, b), 0);
  }
  if (count > 0 && words <= end) {
    // The states behind the row's end stand still.
    const places = i32x4.splat(<i32>count);
    const activeX = i32x4.gt_s(places, i32x4(0, 1, 2, 3));
    const activeY = i32x4.gt_s(places, i32x4(4, 5, 6, 7));
    const a = lookUp(x, i32x4.sub(offsets, v128.load(shifts)), first);
    const b = lookUp(y, i32x4.sub(offsets, v128.load(shifts, 16)), first);
    x = v128.bitselect(advance(x, a), x, activeX);
    y = v128.bitselect(advance(y, b), y, activeY);
    const hungryX = v128.and(activeX, i32x4.eq(i32x4.shr_u(x, 16), i32x4.splat(0)));
    const hungryY = v128.and(activeY, i32x4.eq(i32x4.shr_u(y, 16), i32x4.splat(0)));
    const lanesX = <usize>i32x4.bitmask(hungryX);
    const lanesY = <usize>i32x4.bitmask(hungryY);
    x = feed(x, hungryX, words, tables + (lanesX << 4));
    words += popcnt(lanesX) << 1;
    y = feed(y, hungryY, words, tables + (lanesY << 4));
    words += popcnt(lanesY) << 1;
    v128.store64_lane(output, highBytes(a, b), 0);
  }
  v128.store(states, x);
  v128.store(states, y, 16);
  return words;
}

/** The table words of four states' slots. */
// @ts-ignore: decorator
@inline
function lookUp(states: v128, offsets: v128, first: v128): v128 {
  const slots = i32x4.shl(v128.and(states, i32x4.splat((1 << TABLE_BITS) - 1)), 2);
  const at = i32x4.add(first, i32x4.add(i32x4.max_s(offsets, i32x4.splat(0)), slots));
  let found = v128.load32_zero(<usize>(<u32>i32x4.extract_lane(at, 0)));
  found = v128.load32_lane(<usize>(<u32>i32x4.extract_lane(at, 1)), found, 1);
  found = v128.load32_lane(<usize>(<u32>i32x4.extract_lane(at, 2)), found, 2);
  return v128.load32_lane(<usize>(<u32>i32x4.extract_lane(at, 3)), found, 3);
}

/** What remains of the states when their symbols are taken out. */
// @ts-ignore: decorator
@inline
function advance(states: v128, found: v128): v128 {
  const mask = i32x4.splat((1 << TABLE_BITS) - 1);
  const frequencies = v128.and(found, mask);
  const biases = v128.and(i32x4.shr_u(found, TABLE_BITS), mask);
  return i32x4.add(i32x4.mul(frequencies, i32x4.shr_u(states, TABLE_BITS)), biases);
}

/** The next words, in order, into the states that are hungry. */
// @ts-ignore: decorator
@inline
function feed(states: v128, hungry: v128, words: usize, places: usize): v128 {
  const food = i8x16.swizzle(v128.load64_zero(words), v128.load(places));
  return v128.or(v128.bitselect(i32x4.shl(states, 16), states, hungry), food);
}

/** The high bytes of eight words, in the low half. */
// @ts-ignore: decorator
@inline
function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 3, 7, 11, 15, 19, 23, 27, 31, 3, 7, 11, 15, 19, 23, 27, 31);
}

/** Symbols to codes, in place; multipliers may be read, and codes written, up to 7 places behind. */
function multiplyRow(codes: usize, multipliers: usize, count: usize): void {
  for (const end = codes + count; codes < end; codes += 8, multipliers += 8) {
    const products = i16x8.extmul_low_i8x16_s(
      v128.load64_zero(codes),
      v128.load64_zero(multipliers),
    );
    v128.store64_lane(codes, i8x16.narrow_i16x8_s(products, products), 0);
  }
}
