/**
 * How often symbols come in entropy-coded weights (coded-layout.ts): distributions with mean 0 over
 * whole numbers, one for each context. They are not stored: who writes and who reads builds them,
 * so they must come out alike everywhere, to the last bit. Hence float64 with + - * / and sqrt only,
 * which IEEE 754 rounds in one way; Math.exp, log and pow differ between engines.
 */

/** The frequencies of a table add up to 2^TABLE_BITS (also in assembly/linear/decode-codes.ts). */
export const TABLE_BITS = 12;
/**
 * Tables (also in assembly/linear/decode-codes.ts), each for a standard deviation a quarter octave above the
 * one before: from 2^-2.75, where next to all symbols are 0, to 2^7, flat over all symbols. A
 * deviation midway between two tables costs .011 bits a symbol.
 */
export const CONTEXTS = 40;
/** Places of a table: symbols -128 .. 127, of which -128 never has a frequency. */
export const SYMBOLS = 256;

const TOTAL = 1 << TABLE_BITS;
/** So that symbols of a multiplier of 1 are any code. */
const LARGEST_SYMBOL = 127;
const QUARTER_OCTAVE = Math.sqrt(Math.sqrt(2));
const LEAST_DEVIATION = QUARTER_OCTAVE / 8;

/**
 * Rotated weights are normal; convolutions, which are not rotated, are nearer to Laplace's
 * distribution, and by it cost half a bit less for each weight. A matrix has one shape.
 */
export type CodeShape = "normal" | "laplace";
/** In the order of their numbers in files. */
export const codeShapes: readonly CodeShape[] = ["normal", "laplace"];

/**
 * A table holds symbols up to so many standard deviations, and one more. Each of them takes a slot,
 * needed or not; but a row with a symbol beyond needs a wider table for all. Chosen by measuring: on
 * noise in rows of 384 to 5120, and on the convolutions of tiny.en.
 */
const reaches: Readonly<Record<CodeShape, number>> = { normal: 4, laplace: 12 };

/** Standard deviations of the contexts, in symbols. */
export const contextDeviations: readonly number[] = quarterOctaves(LEAST_DEVIATION, CONTEXTS);

const built = new Map<CodeShape, Uint16Array<ArrayBuffer>>();

/** U16 [CONTEXTS, SYMBOLS]: the frequency of symbol s stands at s + 128; 0 where a table ends. */
export function codeFrequencies(shape: CodeShape): Uint16Array<ArrayBuffer> {
  let frequencies = built.get(shape);
  if (frequencies === undefined) {
    frequencies = new Uint16Array(CONTEXTS * SYMBOLS);
    for (const [context, deviation] of contextDeviations.entries()) {
      frequencies.set(toFrequencies(symbolProbabilities(shape, deviation)), context * SYMBOLS);
    }
    built.set(shape, frequencies);
  }
  return frequencies;
}

const shifts = quarterOctaveIndices(LARGEST_SYMBOL);

/** Contexts by which a column's symbols are narrower for its multiplier: 4 log2(k) to nearest. */
export function contextShift(multiplier: number): number {
  return shifts[multiplier]!;
}

/** Probabilities of symbols -128 .. 127; 0 beyond the table's reach. */
export function symbolProbabilities(shape: CodeShape, deviation: number): Float64Array {
  const integral = shape === "normal" ? normalIntegral : laplaceIntegral;
  const reach = Math.min(LARGEST_SYMBOL, Math.ceil(reaches[shape] * deviation) + 1);
  const probabilities = new Float64Array(SYMBOLS);
  let lower = -integral(0.5 / deviation);
  for (let symbol = 0; symbol <= reach; symbol++) {
    const upper = integral((symbol + 0.5) / deviation);
    // Above 0, so that it is told from what is beyond.
    const probability = Math.max(upper - lower, Number.MIN_VALUE);
    probabilities[128 + symbol] = probability;
    probabilities[128 - symbol] = probability;
    lower = upper;
  }
  return probabilities;
}

/**
 * Whole numbers near the probabilities, at least 1 where they are above 0. Rounded down first; then
 * one is given, or taken back, where that shortens the code the most, or lengthens it the least.
 */
function toFrequencies(probabilities: Float64Array): Uint16Array {
  const frequencies = Uint16Array.from(probabilities, (probability) =>
    probability > 0 ? Math.max(1, Math.floor(TOTAL * probability)) : 0,
  );
  let sum = frequencies.reduce((total, frequency) => total + frequency, 0);
  const step = sum < TOTAL ? 1 : -1;
  for (; sum !== TOTAL; sum += step) {
    let best = 0;
    let bestWorth = Number.NEGATIVE_INFINITY;
    for (const [at, probability] of probabilities.entries()) {
      const from = frequencies[at]!;
      if (probability === 0 || from + step < 1) continue;
      // The change of p log f, to first order.
      const worth = (step * probability) / (from + step / 2);
      if (worth > bestWorth) {
        best = at;
        bestWorth = worth;
      }
    }
    frequencies[best]! += step;
  }
  return frequencies;
}

/** 1 / sqrt(2 pi). */
const DENSITY_AT_0 = 0.3989422804014327;
/** What lies beyond is less than a thousandth of a slot. */
const FAR = 5;

/** The integral of the normal density from 0 to x >= 0: the power series, good to 1e-10 up to FAR. */
function normalIntegral(x: number): number {
  if (x >= FAR) return 0.5;
  const square = (x * x) / 2;
  let power = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    power *= -square / n;
    sum += power / (2 * n + 1);
  }
  return sum * DENSITY_AT_0;
}

/** The same of Laplace's density with a standard deviation of 1. */
function laplaceIntegral(x: number): number {
  return (1 - 1 / exponential(Math.SQRT2 * x)) / 2;
}

/** e^x for x >= 0. */
function exponential(x: number): number {
  let halvings = 0;
  for (; x > 0.5; x /= 2) halvings++;
  let [term, sum] = [1, 1];
  for (let n = 1; n < 20; n++) {
    term *= x / n;
    sum += term;
  }
  for (; halvings > 0; halvings--) sum *= sum;
  return sum;
}

function quarterOctaves(first: number, count: number): number[] {
  const values: number[] = [];
  for (let value = first; values.length < count; value *= QUARTER_OCTAVE) values.push(value);
  return values;
}

/** 4 log2(k) to nearest, for k = 0 .. most; 0 for 0. */
function quarterOctaveIndices(most: number): Uint8Array {
  const indices = new Uint8Array(most + 1);
  let bound = Math.sqrt(QUARTER_OCTAVE);
  for (let k = 1, index = 0; k <= most; k++) {
    for (; k > bound; bound *= QUARTER_OCTAVE) index++;
    indices[k] = index;
  }
  return indices;
}
