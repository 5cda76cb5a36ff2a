/**
 * The layout of an entropy-coded matrix of int8 codes [rows, columns], a tensor U8 [byteLength],
 * little-endian. The codes of column j are multiples of its multiplier k[j]; stored are symbols,
 * code / k[j], which are near normal noise. Each row has a class, the index of its codes' standard
 * deviation among those of code-frequencies.ts; a symbol's context is class - contextShift(k[j]), but
 * not below 0.
 *
 *   head     U32 check of the head's other bytes
 *            U32 rows, U32 columns
 *            U8 CODED_FORMAT
 *            U8 the shape of the symbols' distribution, an index of codeShapes
 *            U8 the multipliers' centre c; 0: all multipliers are 1, and no block of them follows
 *   block    the multipliers, where they are not all 1: a matrix [1, columns] of codes k[j] - c
 *   blocks   of blockRows(columns) rows each, but for the last one
 *
 *   block    U32 check of the block's other bytes
 *            U32 bytes of the block, these eight included
 *            U8 middle of its rows' classes, U8 context of their distances from it
 *            U32 [STATES] states at which decoding begins
 *            U16 [...] words
 *
 * Checks are CRC-32. Blocks know nothing of each other. A block is one run of range asymmetric
 * numeral systems (Duda, 2013; interleaved as by Giesen, 2014) with states in [2^16, 2^32): first the
 * rows' classes, less the middle, then row after row; the symbol in place i of a row by state
 * i % STATES. After a symbol a state below 2^16 takes in the next word. At the end every state is
 * FINAL_STATE and no word is left.
 */

export const CODED_FORMAT = 1;
export const HEAD_BYTES = 15;
/** A block's bytes before its words. */
export const BLOCK_HEAD_BYTES = 42;
/** Of them, those that its length and check take. */
export const BLOCK_LENGTH_BYTES = 8;
export const STATES = 8;
export const FINAL_STATE = 1 << 16;

/** Large beside the 42 bytes that each block costs, small enough to lie in a cache. */
const BLOCK_CODES = 131072;
const MOST_ROWS = 4096;

/** Rows of a block: a multiple of 8. */
export function blockRows(columns: number): number {
  return Math.min(MOST_ROWS, Math.max(8, Math.floor(BLOCK_CODES / columns) & ~7));
}

/** Most bytes of a block: no symbol takes more than a word. */
export function mostBlockBytes(rows: number, columns: number): number {
  return BLOCK_HEAD_BYTES + 2 * rows * (columns + 1);
}
