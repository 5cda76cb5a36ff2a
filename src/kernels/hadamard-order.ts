/**
 * Order of the Hadamard matrix that hadamardRowsF32 (assembly/hadamard/hadamard.ts) applies to rows of n: n
 * itself for 2^k, 12 * 2^k and 20 * 2^k, else that of its diagonal blocks, the largest power of two
 * that divides n. The orthonormal transform times the square root of it has entries 1 and -1.
 */
export function hadamardOrder(n: number): number {
  const powerOfTwo = n & -n;
  const odd = n / powerOfTwo;
  return powerOfTwo >= 4 && (odd === 3 || odd === 5) ? n : powerOfTwo;
}
