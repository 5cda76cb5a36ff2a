/**
 * Random numbers 0 <= x < 1 that depend on `seeds` (whole numbers below 2^53) alone: xoshiro128**,
 * its state the seeds mixed by the finaliser of MurmurHash3.
 */
export function seededRandom(...seeds: readonly number[]): () => number {
  const words = seeds.flatMap((seed) => [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
  const state = Uint32Array.of(1, 2, 3, 4).map((start) => {
    return words.reduce((hash, word) => mix(hash ^ word) + 0x9e3779b9, mix(start));
  });
  const next = xoshiro128(state);
  // 53 bits: a probability may be less than 2^-32.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** Whole numbers 0 <= x < 2^32 by xoshiro128** (Blackman and Vigna, 2018). `state`: 4, not all 0. */
export function xoshiro128(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result >>> 0;
  };
}

function mix(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
