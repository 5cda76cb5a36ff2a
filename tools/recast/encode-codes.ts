import {
  type CodeShape,
  codeFrequencies,
  codeShapes,
  contextShift,
  SYMBOLS,
  TABLE_BITS,
} from "../../src/checkpoint/code-frequencies.ts";
import {
  BLOCK_HEAD_BYTES,
  BLOCK_LENGTH_BYTES,
  blockRows,
  CODED_FORMAT,
  FINAL_STATE,
  HEAD_BYTES,
  STATES,
} from "../../src/checkpoint/coded-layout.ts";
import { crc32 } from "../../src/checkpoint/crc32.ts";
import { chooseClass, rowBits, symbolCosts } from "./code-costs.ts";

/**
 * Codes of int8 weights to the bytes of a coded tensor (src/checkpoint/coded-layout.ts), without loss and
 * the same everywhere.
 *
 * @param codes [rows, columns], -127 .. 127; those of a column are multiples of its multiplier
 * @param multipliers [columns], 1 .. 127
 * @throws RangeError when they are not
 */
export function encodeCodes(
  codes: Int8Array,
  rows: number,
  columns: number,
  multipliers: Uint8Array,
): Uint8Array {
  check(codes, rows, columns, multipliers);
  const shifts = multipliers.map(contextShift);
  const symbols = toSymbols(codes, multipliers);
  const rowsAtOnce = blockRows(columns);
  const blockCodes = rowsAtOnce * columns;
  const shape = chooseShape(symbols.subarray(0, blockCodes), shifts);
  const parts = encodeHead(rows, columns, multipliers, shape);
  for (let at = 0; at < symbols.length; at += blockCodes) {
    parts.push(encodeBlock(symbols.subarray(at, at + blockCodes), shifts, shape));
  }
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function check(codes: Int8Array, rows: number, columns: number, multipliers: Uint8Array): void {
  const isSize = (size: number) => Number.isSafeInteger(size) && size > 0;
  if (!isSize(rows) || !isSize(columns) || codes.length !== rows * columns) {
    throw new RangeError(`expected ${rows} x ${columns} codes, found ${codes.length}`);
  }
  if (multipliers.length !== columns || multipliers.some((k) => k < 1 || k > 127)) {
    throw new RangeError(`expected a multiplier of 1 .. 127 for each of ${columns} columns`);
  }
}

function toSymbols(codes: Int8Array, multipliers: Uint8Array): Int8Array {
  const columns = multipliers.length;
  const symbols = new Int8Array(codes.length);
  for (let first = 0; first < codes.length; first += columns) {
    for (let column = 0; column < columns; column++) {
      const code = codes[first + column]!;
      const multiplier = multipliers[column]!;
      const symbol = multiplier === 1 ? code : Math.trunc(code / multiplier);
      if (code === -128 || symbol * multiplier !== code) {
        throw new RangeError(
          `row ${first / columns}, column ${column}: expected a multiple of ${multiplier} in -127 .. 127, found ${code}`,
        );
      }
      symbols[first + column] = symbol;
    }
  }
  return symbols;
}

/** Of two equally good ones the first. */
function chooseShape(symbols: Int8Array, shifts: Uint8Array): CodeShape {
  let [best] = codeShapes;
  let least = Number.POSITIVE_INFINITY;
  for (const shape of codeShapes) {
    const costs = symbolCosts(shape);
    let bits = 0;
    for (const row of rowsOf(symbols, shifts.length)) {
      bits += rowBits(row, shifts, costs, chooseClass(row, shifts, costs));
    }
    if (bits < least) {
      best = shape;
      least = bits;
    }
  }
  return best!;
}

function rowsOf(symbols: Int8Array, columns: number): Int8Array[] {
  return Array.from({ length: symbols.length / columns }, (_, row) =>
    symbols.subarray(row * columns, (row + 1) * columns),
  );
}

function encodeHead(
  rows: number,
  columns: number,
  multipliers: Uint8Array,
  shape: CodeShape,
): Uint8Array[] {
  const isPlain = multipliers.every((multiplier) => multiplier === 1);
  const centre = isPlain ? 0 : median(multipliers);
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(4, rows, true);
  view.setUint32(8, columns, true);
  head[12] = CODED_FORMAT;
  head[13] = codeShapes.indexOf(shape);
  head[14] = centre;
  view.setUint32(0, crc32(head.subarray(4)), true);
  if (isPlain) return [head];
  const distances = Int8Array.from(multipliers, (multiplier) => multiplier - centre);
  return [head, encodeBlock(distances, new Uint8Array(columns), shape)];
}

/** @param symbols of whole rows, as many columns as there are shifts */
function encodeBlock(symbols: Int8Array, shifts: Uint8Array, shape: CodeShape): Uint8Array {
  const costs = symbolCosts(shape);
  const rows = rowsOf(symbols, shifts.length);
  const classes = Uint8Array.from(rows, (row) => chooseClass(row, shifts, costs));
  const middle = median(classes);
  const distances = Int8Array.from(classes, (rowClass) => rowClass - middle);
  const noShifts = new Uint8Array(rows.length);
  const context = chooseClass(distances, noShifts, costs);

  const run = new EncodedRun(codeFrequencies(shape), symbols.length + rows.length);
  // Decoding begins where encoding ends.
  for (let row = rows.length - 1; row >= 0; row--) run.prepend(rows[row]!, shifts, classes[row]!);
  run.prepend(distances, noShifts, context);

  const words = run.words();
  const block = new Uint8Array(BLOCK_HEAD_BYTES + 2 * words.length);
  const view = new DataView(block.buffer);
  view.setUint32(4, block.length, true);
  block[BLOCK_LENGTH_BYTES] = middle;
  block[BLOCK_LENGTH_BYTES + 1] = context;
  let at = BLOCK_LENGTH_BYTES + 2;
  for (const state of run.states) {
    view.setUint32(at, state, true);
    at += 4;
  }
  for (const word of words) {
    view.setUint16(at, word, true);
    at += 2;
  }
  view.setUint32(0, crc32(block.subarray(4)), true);
  return block;
}

function median(values: Uint8Array): number {
  return values.slice().sort()[values.length >> 1]!;
}

/** A state below this many times a symbol's frequency has room for the symbol. */
const ROOM = 2 ** (32 - TABLE_BITS);
const TOTAL = 2 ** TABLE_BITS;

/** Interleaved states and the words that they gave off, made from the last symbol to the first. */
class EncodedRun {
  readonly states = new Float64Array(STATES).fill(FINAL_STATE);
  readonly #frequencies: Uint16Array;
  readonly #starts: Uint16Array;
  readonly #words: Uint16Array;
  #first: number;

  constructor(frequencies: Uint16Array, mostWords: number) {
    this.#frequencies = frequencies;
    this.#starts = firstSlots(frequencies);
    this.#words = new Uint16Array(mostWords);
    this.#first = mostWords;
  }

  /** Puts a row before what is there. */
  prepend(symbols: Int8Array, shifts: Uint8Array, rowClass: number): void {
    const [states, words, frequencies] = [this.states, this.#words, this.#frequencies];
    for (let i = symbols.length - 1; i >= 0; i--) {
      const context = Math.max(0, rowClass - shifts[i]!);
      const at = context * SYMBOLS + symbols[i]! + 128;
      const frequency = frequencies[at]!;
      let state = states[i % STATES]!;
      if (state >= frequency * ROOM) {
        words[--this.#first] = state % 65536;
        state = Math.floor(state / 65536);
      }
      // Exact: such small numbers' quotients are never rounded up to a whole one.
      const quotient = Math.floor(state / frequency);
      states[i % STATES] = quotient * TOTAL + (state - quotient * frequency) + this.#starts[at]!;
    }
  }

  words(): Uint16Array {
    return this.#words.subarray(this.#first);
  }
}

/** [CONTEXTS, SYMBOLS]: where the slots of each symbol begin. */
function firstSlots(frequencies: Uint16Array): Uint16Array {
  const slots = new Uint16Array(frequencies.length);
  for (let at = 0; at < slots.length; at++) {
    slots[at] = at % SYMBOLS === 0 ? 0 : slots[at - 1]! + frequencies[at - 1]!;
  }
  return slots;
}
