/**
 * Bits of the nearest float16 (IEEE 754 binary16, ties to even) of each number; what lies beyond
 * its range becomes infinite.
 */
export function toFloat16Bits(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, roundBits);
}

/** From the bits of a float32. */
function roundBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more
  if (magnitude < 0x38800000) return sign | roundSubnormal(magnitude);
  const tie = (magnitude >>> 13) & 1;
  // The exponents' biases are 127 and 15.
  return sign | ((magnitude - (112 << 23) + 0xfff + tie) >>> 13);
}

/** Below 2^-14 float16 has the multiples of 2^-24. */
function roundSubnormal(magnitude: number): number {
  const exponent = magnitude >>> 23;
  if (exponent < 102) return 0;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const half = 2 ** (shift - 1);
  const tie = Math.floor(fraction / 2 ** shift) & 1;
  return Math.floor((fraction + half - 1 + tie) / 2 ** shift);
}
