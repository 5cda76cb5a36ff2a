/**
 * How loud a signal is, ten milliseconds at a time, in two bands of speech.
 *
 * Two bands because noise seldom covers both: a vowel lives below 1 kHz, where hiss has little of
 * its power, and an "s" above it, where hum and rumble have none.
 */

/** Seconds from one frame to the next. */
export const frameDuration = 0.01;

/** Below this there is rumble, mains hum and a microphone's offset, and hardly any speech; Hz. */
const lowestFrequency = 120;
/** Where the low band ends and the high band, which reaches half the sample rate, begins; Hz. */
const splitFrequency = 1000;
/** Qualities of the two sections of a Butterworth filter of order 4, and of the one of order 2. */
const butterworth4 = [0.5411961, 1.306563] as const;
const butterworth2 = Math.SQRT1_2;

/** Told the levels of a frame, decibels relative to a mean square of 1; -Infinity for nothing. */
export type OnFrame = (low: number, high: number) => void;

/** Turns blocks of samples of any length into frames; what it keeps does not grow. */
export class BandLevels {
  /** Samples from one frame to the next. */
  readonly hopLength: number;
  readonly #onFrame: OnFrame;
  readonly #filters: BandFilters;
  /** Samples of the hop under way. */
  #filled = 0;
  #hopCount = 0;
  /** Mean squares, low band and high band, of the last hop and the one before it. */
  #last: Powers = { low: 0, high: 0 };
  #before: Powers = { low: 0, high: 0 };

  /** @param sampleRate Hz, high enough for the two bands: 4000 or more */
  constructor(sampleRate: number, onFrame: OnFrame) {
    this.hopLength = Math.round(sampleRate * frameDuration);
    this.#onFrame = onFrame;
    this.#filters = new BandFilters(sampleRate);
  }

  /** Frames follow their samples by one hop. */
  push(samples: Float32Array): void {
    let from = 0;
    while (from < samples.length) {
      const count = Math.min(this.hopLength - this.#filled, samples.length - from);
      this.#filters.filter(samples, from, count);
      this.#filled += count;
      from += count;
      if (this.#filled === this.hopLength) this.#endHop();
    }
  }

  /** The frames that wait for samples which do not come. A last hop may be shorter. */
  finish(): void {
    if (this.#filled > 0) this.#endHop();
    if (this.#hopCount > 0) this.#endFrame(this.#last);
  }

  #endHop(): void {
    const powers = this.#filters.takePowers(this.#filled);
    this.#filled = 0;
    if (this.#hopCount++ === 0) {
      this.#before = powers;
    } else {
      this.#endFrame(powers);
      this.#before = this.#last;
    }
    this.#last = powers;
  }

  /** The frame of the last hop. The mean of three hops shows no gap between two periods of a voice. */
  #endFrame(next: Powers): void {
    const [before, last] = [this.#before, this.#last];
    this.#onFrame(
      decibels((before.low + last.low + next.low) / 3),
      decibels((before.high + last.high + next.high) / 3),
    );
  }
}

function decibels(power: number): number {
  return 10 * Math.log10(power);
}

interface Powers {
  readonly low: number;
  readonly high: number;
}

/** Splits samples into the bands and sums their squares; the bands themselves are not kept. */
class BandFilters {
  readonly #rumble1: Biquad;
  readonly #rumble2: Biquad;
  readonly #low: Biquad;
  readonly #high: Biquad;
  readonly #state = new Float64Array(8);
  #offset: number | undefined;
  #lowSum = 0;
  #highSum = 0;

  constructor(sampleRate: number) {
    this.#rumble1 = designBiquad("high", lowestFrequency / sampleRate, butterworth4[0]);
    this.#rumble2 = designBiquad("high", lowestFrequency / sampleRate, butterworth4[1]);
    this.#low = designBiquad("low", splitFrequency / sampleRate, butterworth2);
    this.#high = designBiquad("high", splitFrequency / sampleRate, butterworth2);
  }

  /** One loop over all sections, their states in locals: twice as fast as a loop for each. */
  filter(samples: Float32Array, from: number, count: number): void {
    // Measured from the first sample, so that a constant offset does not begin with a step.
    this.#offset ??= samples[from]!;
    const offset = this.#offset;
    const [r, s, l, h] = [this.#rumble1, this.#rumble2, this.#low, this.#high];
    const state = this.#state;
    let [r1, r2, s1, s2] = [state[0]!, state[1]!, state[2]!, state[3]!];
    let [l1, l2, h1, h2] = [state[4]!, state[5]!, state[6]!, state[7]!];
    let lowSum = 0;
    let highSum = 0;
    for (let i = from; i < from + count; i++) {
      const x = samples[i]! - offset;
      const y = r.b0 * x + r1;
      r1 = r.b1 * x - r.a1 * y + r2;
      r2 = r.b0 * x - r.a2 * y;
      const z = s.b0 * y + s1;
      s1 = s.b1 * y - s.a1 * z + s2;
      s2 = s.b0 * y - s.a2 * z;
      const low = l.b0 * z + l1;
      l1 = l.b1 * z - l.a1 * low + l2;
      l2 = l.b0 * z - l.a2 * low;
      const high = h.b0 * z + h1;
      h1 = h.b1 * z - h.a1 * high + h2;
      h2 = h.b0 * z - h.a2 * high;
      lowSum += low * low;
      highSum += high * high;
    }
    state.set([r1, r2, s1, s2, l1, l2, h1, h2]);
    this.#lowSum += lowSum;
    this.#highSum += highSum;
  }

  /** Mean squares of the `count` samples since the last call. */
  takePowers(count: number): Powers {
    const powers = { low: this.#lowSum / count, high: this.#highSum / count };
    this.#lowSum = 0;
    this.#highSum = 0;
    // Filters ring on below the smallest normal number, where arithmetic is a hundred times slower.
    for (let i = 0; i < this.#state.length; i++) {
      if (Math.abs(this.#state[i]!) < 1e-30) this.#state[i] = 0;
    }
    return powers;
  }
}

/** The coefficients of a filter of order 2, of low or high pass: the third of the input is the first. */
interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly a1: number;
  readonly a2: number;
}

/**
 * R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
 * @param frequency The cutoff, as a fraction of the sample rate.
 */
function designBiquad(kind: "low" | "high", frequency: number, quality: number): Biquad {
  const angle = 2 * Math.PI * frequency;
  const alpha = Math.sin(angle) / (2 * quality);
  const cosine = Math.cos(angle);
  const gain = 1 / (1 + alpha);
  const b1 = (kind === "low" ? 1 - cosine : -(1 + cosine)) * gain;
  return { b0: Math.abs(b1) / 2, b1, a1: -2 * cosine * gain, a2: (1 - alpha) * gain };
}
