/**
 * D of the rotation H D, by `fwhisper.format` 2: what is rotated is multiplied by it first. H alone
 * has a constant row, which would gather the mean of a whole row, and rows of real models have means;
 * with random signs nothing that a network learns is in line with a row of H D.
 *
 * D_i is -1 where the top bit of murmur3's 32-bit finaliser of i + 1 is set (Appleby, MurmurHash3).
 * These signs are part of the format: other ones need another number.
 *
 * @returns U32 [width] as rotateRowsF32 wants it: the sign bit set where D is -1
 */
export function rotationSigns(width: number): Uint32Array {
  return Uint32Array.from({ length: width }, (_, i) => finalise(i + 1) & 0x80000000);
}

function finalise(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
