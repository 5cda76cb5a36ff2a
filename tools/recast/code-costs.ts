import {
  CONTEXTS,
  type CodeShape,
  codeFrequencies,
  contextDeviations,
  SYMBOLS,
  symbolProbabilities,
  TABLE_BITS,
} from "../../src/checkpoint/code-frequencies.ts";

/**
 * What symbols cost in each context. Files are to come out the same bit for bit wherever they are
 * made, so logarithms are our own: those of Math differ between engines.
 */

const built = new Map<CodeShape, Float32Array>();

/** Bits, [CONTEXTS, SYMBOLS]: symbol s at s + 128; Infinity where the context's table has it not. */
export function symbolCosts(shape: CodeShape): Float32Array {
  let costs = built.get(shape);
  if (costs === undefined) {
    costs = Float32Array.from(codeFrequencies(shape), (frequency) => TABLE_BITS - log2(frequency));
    built.set(shape, costs);
  }
  return costs;
}

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

/** Points of the estimate in each quarter octave of deviations. */
const POINTS = 4;

interface Rate {
  readonly deviation: number;
  readonly bits: number;
}

const knownRates = new Map<CodeShape, readonly Rate[]>();

/**
 * Bits that a code takes, about, where codes / multiplier have mean 0 and this standard deviation:
 * those of the best context, so .004 or so above the entropy. Cheap: for planners.
 */
export function bitsPerCode(deviation: number, shape: CodeShape = "normal"): number {
  const rates = knownRates.get(shape) ?? buildRates(shape);
  knownRates.set(shape, rates);
  let [low, high] = [0, rates.length - 1];
  if (deviation <= rates[low]!.deviation) return rates[low]!.bits;
  if (deviation >= rates[high]!.deviation) return rates[high]!.bits;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rates[middle]!.deviation <= deviation) low = middle;
    else high = middle;
  }
  const [from, to] = [rates[low]!, rates[high]!];
  const share = (deviation - from.deviation) / (to.deviation - from.deviation);
  return from.bits + share * (to.bits - from.bits);
}

function buildRates(shape: CodeShape): Rate[] {
  const step = Math.sqrt(Math.sqrt(contextDeviations[1]! / contextDeviations[0]!));
  const found: Rate[] = [];
  for (let context = 0; context < CONTEXTS; context++) {
    let deviation = contextDeviations[context]!;
    for (let point = 0; point < POINTS; point++, deviation *= step) {
      const near = [context, Math.min(context + 1, CONTEXTS - 1)];
      const bits = Math.min(...near.map((candidate) => expectedBits(shape, deviation, candidate)));
      found.push({ deviation, bits });
    }
  }
  return found;
}

function expectedBits(shape: CodeShape, deviation: number, context: number): number {
  const costs = symbolCosts(shape);
  let [bits, all] = [0, 0];
  for (const [at, probability] of symbolProbabilities(shape, deviation).entries()) {
    const cost = costs[context * SYMBOLS + at]!;
    // A symbol that the table lacks is so rare that its row will take another class.
    if (probability === 0 || cost === Number.POSITIVE_INFINITY) continue;
    bits += probability * cost;
    all += probability;
  }
  return bits / all;
}

/** log2 of a whole number from 1, to float64's last digits or so; -Infinity for 0. */
function log2(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  let exponent = 0;
  for (; x >= 2; x /= 2) exponent++;
  // ln x = 2 artanh((x - 1) / (x + 1)), with an argument of at most 1/3.
  const ratio = (x - 1) / (x + 1);
  let power = ratio;
  let sum = 0;
  for (let n = 1; n < 40; n += 2, power *= ratio * ratio) sum += power / n;
  return exponent + (2 * sum) / Math.LN2;
}
