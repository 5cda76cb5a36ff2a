/** Amplitude 1, starting at phase 0. */
export function sine(frequency: number, sampleRate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) =>
    Math.sin((2 * Math.PI * frequency * i) / sampleRate),
  );
}

/** Root mean square of actual - expected, relative to that of expected, in dB: -80 is 1e-4. */
export function errorDecibels(actual: Float32Array, expected: Float32Array): number {
  return decibels(
    rootMeanSquare(actual.map((x, i) => x - expected[i]!)) / rootMeanSquare(expected),
  );
}

export function rootMeanSquare(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}
