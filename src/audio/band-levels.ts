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
  readonly #filters: {
    readonly rumble: readonly Biquad[];
    readonly low: Biquad;
    readonly high: Biquad;
  };
  readonly #hop: Float64Array;
  readonly #lowBand: Float64Array;
  #filled = 0;
  #offset: number | undefined;
  /** Mean squares of the last two hops, low and high band: a frame is the mean of three. */
  readonly #before = [0, 0];
  readonly #last = [0, 0];
  #hopCount = 0;

  /** @param sampleRate Hz, high enough for the two bands: 4000 or more */
  constructor(sampleRate: number, onFrame: OnFrame) {
    this.hopLength = Math.round(sampleRate * frameDuration);
    this.#onFrame = onFrame;
    this.#filters = {
      rumble: butterworth4.map((q) => new Biquad("high", lowestFrequency / sampleRate, q)),
      low: new Biquad("low", splitFrequency / sampleRate, butterworth2),
      high: new Biquad("high", splitFrequency / sampleRate, butterworth2),
    };
    this.#hop = new Float64Array(this.hopLength);
    this.#lowBand = new Float64Array(this.hopLength);
  }

  /** Frames follow their samples by one hop. */
  push(samples: Float32Array): void {
    // Measured from the first sample, so that a constant offset does not begin with a step.
    if (samples.length > 0) this.#offset ??= samples[0]!;
    const offset = this.#offset ?? 0;
    let from = 0;
    while (from < samples.length) {
      const count = Math.min(this.hopLength - this.#filled, samples.length - from);
      for (let i = 0; i < count; i++) this.#hop[this.#filled + i] = samples[from + i]! - offset;
      this.#filled += count;
      from += count;
      if (this.#filled === this.hopLength) this.#endHop();
    }
  }

  /** The frames that wait for samples which do not come. A last hop may be shorter. */
  finish(): void {
    if (this.#filled > 0) this.#endHop();
    if (this.#hopCount > 0) this.#endFrame(this.#last[0]!, this.#last[1]!);
  }

  #endHop(): void {
    const { rumble, low, high } = this.#filters;
    const count = this.#filled;
    this.#filled = 0;
    for (const section of rumble) section.filter(this.#hop, this.#hop, count);
    low.filter(this.#hop, this.#lowBand, count);
    high.filter(this.#hop, this.#hop, count);
    const lowPower = meanSquare(this.#lowBand, count);
    const highPower = meanSquare(this.#hop, count);

    this.#hopCount++;
    if (this.#hopCount === 1) {
      this.#before[0] = lowPower;
      this.#before[1] = highPower;
    } else {
      this.#endFrame(lowPower, highPower);
      this.#before[0] = this.#last[0]!;
      this.#before[1] = this.#last[1]!;
    }
    this.#last[0] = lowPower;
    this.#last[1] = highPower;
  }

  /** The frame of the last hop: with one hop a side, no gap between two periods of a voice shows. */
  #endFrame(nextLow: number, nextHigh: number): void {
    this.#onFrame(
      decibels((this.#before[0]! + this.#last[0]! + nextLow) / 3),
      decibels((this.#before[1]! + this.#last[1]! + nextHigh) / 3),
    );
  }
}

function meanSquare(samples: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += samples[i]! * samples[i]!;
  return sum / count;
}

function decibels(power: number): number {
  return 10 * Math.log10(power);
}

/** A filter of order 2: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients". */
class Biquad {
  readonly #b0: number;
  readonly #b1: number;
  readonly #a1: number;
  readonly #a2: number;
  #state1 = 0;
  #state2 = 0;

  /** @param frequency The cutoff, as a fraction of the sample rate. */
  constructor(kind: "low" | "high", frequency: number, quality: number) {
    const angle = 2 * Math.PI * frequency;
    const alpha = Math.sin(angle) / (2 * quality);
    const cosine = Math.cos(angle);
    const gain = 1 / (1 + alpha);
    this.#b1 = (kind === "low" ? 1 - cosine : -(1 + cosine)) * gain;
    this.#b0 = Math.abs(this.#b1) / 2; // and b2 alike
    this.#a1 = -2 * cosine * gain;
    this.#a2 = (1 - alpha) * gain;
  }

  /** `output` may be `input`. */
  filter(input: Float64Array, output: Float64Array, count: number): void {
    const [b0, b1, a1, a2] = [this.#b0, this.#b1, this.#a1, this.#a2];
    let [s1, s2] = [this.#state1, this.#state2];
    for (let i = 0; i < count; i++) {
      const x = input[i]!;
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b0 * x - a2 * y;
      output[i] = y;
    }
    // A filter rings on below the smallest normal number, where arithmetic is a hundred times slower.
    this.#state1 = Math.abs(s1) < 1e-30 ? 0 : s1;
    this.#state2 = Math.abs(s2) < 1e-30 ? 0 : s2;
  }
}
