import { toFloat16Bits } from "../tools/recast/float16.ts";

/** One unit in the last place of the random values: they are whole multiples of it up to 1. */
export const UNIT = 2 ** -13;
const UNITS_OF_ONE = 2 ** 13;

/**
 * Writes the next values of a tensor in units of 2^-13, chunk by chunk: sums of four random bytes
 * less their mean, so bell-shaped with a standard deviation of 0.018, about that of weights before
 * training (init_std of config.json, 0.02); scales of layer norms are 1, and the encoder's positions,
 * sinusoids in a true model, 16 times as large as weights. Which values depends on the tensor's name alone, so that any of them can be
 * made without the others, the same everywhere.
 */
export function randomUnits(name: string): (target: Int16Array) => void {
  if (/norm\.weight$/.test(name)) return (target) => void target.fill(UNITS_OF_ONE);
  const factor = name.endsWith("encoder.embed_positions.weight") ? 16 : 1;
  let state = hash(name);
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      // xorshift32 (Marsaglia, 2003).
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24);
      target[i] = factor * (sum - 510);
    }
  };
}

/** The first `count` values of the tensor of that name. */
export function randomValues(name: string, count: number): Float32Array<ArrayBuffer> {
  const units = new Int16Array(count);
  randomUnits(name)(units);
  return Float32Array.from(units, (value) => value * UNIT);
}

/** float16 of whole numbers of units from -8192 to 8192, at 8192 + units: those that occur are exact. */
export const halfBits = toFloat16Bits(
  Float32Array.from({ length: 2 * UNITS_OF_ONE + 1 }, (_, i) => (i - UNITS_OF_ONE) * UNIT),
);

/** FNV-1a, never 0: xorshift would stay there. */
function hash(name: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 0x01000193);
  return state === 0 ? 1 : state;
}
