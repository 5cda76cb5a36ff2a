/** The tables of the real FFT kernel (assembly/audio/fft.ts) for frames of one length. */
export interface FftPlan {
  /** Radices, their product is n / 2. */
  readonly factors: Int32Array;
  /** Cosines and sines in the order the kernel uses them. */
  readonly twiddles: Float32Array;
}

/** Radices with a kernel of their own; any other prime is transformed by the definition. */
const FAST_RADICES = [4, 5, 3, 2];

/**
 * Plans the FFT of `n` real samples, n even. Angles are taken in double precision: in float32 their
 * error would grow with n.
 */
export function planRealFft(n: number): FftPlan {
  const factors = factorise(n / 2);
  const twiddles: number[] = [];
  /** e^(-2 pi i k / length) */
  const push = (k: number, length: number) => {
    const angle = (-2 * Math.PI * (k % length)) / length;
    twiddles.push(Math.cos(angle), Math.sin(angle));
  };

  let length = n / 2;
  for (const radix of factors) {
    if (!FAST_RADICES.includes(radix)) {
      for (let k = 0; k < radix; k++) push(k, radix);
    }
    for (let p = 0; p < length / radix; p++) {
      for (let j = 1; j < radix; j++) push(p * j, length);
    }
    length /= radix;
  }
  // The last step splits the complex transform into that of the even and that of the odd samples.
  for (let k = 1; k <= n / 4; k++) push(k, n);
  return { factors: Int32Array.from(factors), twiddles: Float32Array.from(twiddles) };
}

function factorise(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (const radix of FAST_RADICES) {
    for (; rest % radix === 0; rest /= radix) factors.push(radix);
  }
  for (let prime = 7; rest > 1; prime += 2) {
    for (; rest % prime === 0; rest /= prime) factors.push(prime);
  }
  return factors;
}
