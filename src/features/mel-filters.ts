/** Triangular filters over FFT bins, only their non-zero runs. */
export interface MelFilters {
  /** For each filter its first bin and how many bins follow: [melBins][2]. */
  readonly runs: Int32Array;
  /** The weights of all runs, one after another. */
  readonly weights: Float32Array;
}

/**
 * Slaney's mel filter bank from 0 Hz to half the sample rate, each filter of unit area: librosa's
 * `filters.mel(norm="slaney", htk=False)`, which Whisper's mel_filters.npz holds.
 */
export function melFilters(sampleRate: number, fftLength: number, melBins: number): MelFilters {
  const highest = hertzToMel(sampleRate / 2);
  const edges = Array.from({ length: melBins + 2 }, (_, i) =>
    melToHertz((highest * i) / (melBins + 1)),
  );
  const binCount = fftLength / 2 + 1;
  const runs = new Int32Array(melBins * 2);
  const weights: number[] = [];
  for (let filter = 0; filter < melBins; filter++) {
    const [low, centre, high] = edges.slice(filter, filter + 3) as [number, number, number];
    const run: number[] = [];
    let first = 0;
    for (let bin = 0; bin < binCount; bin++) {
      const hertz = (bin * sampleRate) / fftLength;
      const height = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
      if (height <= 0) continue;
      if (run.length === 0) first = bin;
      // Twice rounded, as librosa does.
      run.push((Math.fround(height) * 2) / (high - low));
    }
    runs.set([first, run.length], filter * 2);
    weights.push(...run);
  }
  return { runs, weights: Float32Array.from(weights) };
}

// Slaney's scale (Auditory Toolbox): linear below 1000 Hz, 3 mel in 200 Hz; then 27 mel for each
// factor of 6.4.
const MEL_PER_HERTZ = 3 / 200;
const BREAK_HERTZ = 1000;
const BREAK_MEL = BREAK_HERTZ * MEL_PER_HERTZ;
const LOG_STEP = Math.log(6.4) / 27;

function hertzToMel(hertz: number): number {
  if (hertz < BREAK_HERTZ) return hertz * MEL_PER_HERTZ;
  return BREAK_MEL + Math.log(hertz / BREAK_HERTZ) / LOG_STEP;
}

function melToHertz(mel: number): number {
  if (mel < BREAK_MEL) return mel / MEL_PER_HERTZ;
  return BREAK_HERTZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}
