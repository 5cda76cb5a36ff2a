import { CONTEXTS, contextDeviations, SYMBOLS } from "../../src/checkpoint/code-frequencies.ts";

/** The search goes on this far behind the best class found: half an octave. */
const PATIENCE = 2;

/**
 * The class whose contexts code a row in the fewest bits, among all that hold its symbols: from the
 * row's standard deviation up and down, until half an octave has brought nothing better.
 *
 * @param symbols the row's
 * @param shifts contextShift of each column's multiplier
 * @param costs symbolCosts of the matrix's shape
 */
export function chooseClass(symbols: Int8Array, shifts: Uint8Array, costs: Float32Array): number {
  const start = nearestClass(symbols, shifts);
  let best = start;
  let least = rowBits(symbols, shifts, costs, start);
  for (const step of [1, -1]) {
    for (let at = start + step, misses = 0; at >= 0 && at < CONTEXTS; at += step) {
      const bits = rowBits(symbols, shifts, costs, at);
      if (bits < least) {
        best = at;
        least = bits;
        misses = 0;
      } else if (++misses === PATIENCE && least < Number.POSITIVE_INFINITY) {
        break;
      }
    }
  }
  return best;
}

/** Bits of a row in a class, Infinity where a symbol is beyond its tables. */
export function rowBits(
  symbols: Int8Array,
  shifts: Uint8Array,
  costs: Float32Array,
  rowClass: number,
): number {
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) {
    const context = rowClass - shifts[i]!;
    bits += costs[(context > 0 ? context * SYMBOLS : 0) + symbols[i]! + 128]!;
  }
  return bits;
}

/** By the root mean square of symbols, each as wide as its column's shift says. */
function nearestClass(symbols: Int8Array, shifts: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < symbols.length; i++) {
    const code = symbols[i]! * contextDeviations[shifts[i]!]!;
    sum += code * code;
  }
  const deviation = Math.sqrt(sum / symbols.length) / contextDeviations[0]!;
  const next = contextDeviations.findIndex((other) => other >= deviation);
  return next < 0 ? CONTEXTS - 1 : next;
}
