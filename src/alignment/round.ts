import { roundHalfToEven } from "../decoding/round-half-to-even.ts";

/**
 * To two decimals by the number's exact binary value, halves to the even digit: Python's
 * round(seconds, 2).
 */
export function roundToHundredths(seconds: number): number {
  // Only odd multiples of 1/8 lie exactly between two hundredths; toFixed rounds those up.
  const isHalf = (seconds * 8) % 2 === 1 || (seconds * 8) % 2 === -1;
  return isHalf ? roundHalfToEven(seconds * 100) / 100 : Number(seconds.toFixed(2));
}
