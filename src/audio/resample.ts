/**
 * Band-limited sample rate conversion by a rational factor, the same in Node and in browsers.
 *
 * A polyphase bank of Kaiser-windowed sinc filters: J. O. Smith, "Digital Audio Resampling Home
 * Page", https://ccrma.stanford.edu/~jos/resample/; window and its length from J. F. Kaiser,
 * "Nonrecursive digital filter design using the I0-sinh window function", 1974. Our own because
 * the maintained port of libsamplerate is 2 MB of JavaScript for what is a page of code here, and
 * because a browser's own converter differs from browser to browser.
 */
import { AudioError } from "../errors.ts";

/** The band is kept up to this fraction of the lower rate; half of that rate begins the stop band. */
const passBand = 0.45;
/** Designed rejection in the stop band, dB. */
const attenuation = 96;
/** Below this there is no speech, and a header that says so would make hours of seconds. */
const lowestRate = 1000;
const highestRate = 768_000;
/** Taps of all filters of a conversion, 64 MB. */
const mostTaps = 8e6;

/**
 * Converts samples from one rate to another without shifting them in time.
 * @param samples Mono.
 * @param fromRate Hz, a whole number.
 * @param toRate Hz, a whole number.
 * @returns ceil(length * toRate / fromRate) samples; the input itself where the rates are equal.
 * @throws {AudioError} A rate is not a whole number between 1000 and 768000 Hz.
 */
export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array {
  const conversion = planConversion(fromRate, toRate);
  if (fromRate === toRate) return samples;
  const output = new Float32Array(outputLength(samples.length, conversion));
  for (let i = 0; i < output.length; i++) output[i] = convertSample(i, samples, 0, conversion);
  return output;
}

/** `resample` for a stream: all blocks together give exactly what the whole would. */
export class StreamResampler {
  readonly #conversion: Conversion;
  readonly #isSame: boolean;
  /** The end of the input, as far as the next output sample reaches back, and its position. */
  #held = new Float32Array(0);
  #heldFrom = 0;
  #outputCount = 0;

  /**
   * @param fromRate Hz, a whole number.
   * @param toRate Hz, a whole number.
   * @throws AudioError for a rate that is not a whole number between 1000 and 768000 Hz
   */
  constructor(fromRate: number, toRate: number) {
    this.#conversion = planConversion(fromRate, toRate);
    this.#isSame = fromRate === toRate;
  }

  /** @returns what is settled by now: output follows input by a few milliseconds */
  push(block: Float32Array): Float32Array {
    if (this.#isSame) return block;
    const held = new Float32Array(this.#held.length + block.length);
    held.set(this.#held);
    held.set(block, this.#held.length);
    this.#held = held;

    const { halfWidth, up, down } = this.#conversion;
    /** The last input sample that a settled output sample may lie at or just after. */
    const settled = this.#heldFrom + held.length - 1 - halfWidth;
    const output = this.#convertUntil(Math.ceil(((settled + 1) * up) / down));
    const needed = inputPosition(this.#outputCount, this.#conversion) - halfWidth + 1;
    const dropped = Math.min(Math.max(0, needed - this.#heldFrom), held.length);
    this.#held = held.slice(dropped);
    this.#heldFrom += dropped;
    return output;
  }

  /** The stream is over. @returns the rest */
  finish(): Float32Array {
    if (this.#isSame) return new Float32Array(0);
    return this.#convertUntil(outputLength(this.#heldFrom + this.#held.length, this.#conversion));
  }

  /** Output samples from where we are to before `end`. */
  #convertUntil(end: number): Float32Array {
    const from = this.#outputCount;
    this.#outputCount = Math.max(from, end);
    return Float32Array.from({ length: this.#outputCount - from }, (_, i) => {
      return convertSample(from + i, this.#held, this.#heldFrom, this.#conversion);
    });
  }
}

/** How to get from one rate to another. */
interface Conversion {
  /** The rates, as a fraction in lowest terms. */
  readonly up: number;
  readonly down: number;
  /** Input samples to either side that an output sample depends on. */
  readonly halfWidth: number;
  /** The filter of an output sample that lies `phase` / `up` past an input sample. */
  readonly phases: (phase: number) => Float64Array;
}

/** @throws {AudioError} A rate is not a whole number between 1000 and 768000 Hz. */
function planConversion(fromRate: number, toRate: number): Conversion {
  for (const rate of [fromRate, toRate]) {
    if (!Number.isInteger(rate) || rate < lowestRate || rate > highestRate) {
      throw new AudioError(
        `A sample rate should be a whole number between ${lowestRate} and ${highestRate} Hz, found ${rate}: the file is damaged or its format unusual.`,
        { sampleRate: rate },
      );
    }
  }
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  return { up, down, ...filterBank(up, down) };
}

/** Samples that `length` samples become. */
function outputLength(length: number, { up, down }: Conversion): number {
  return Math.ceil((length * up) / down);
}

/** The input sample at or just before an output sample. */
function inputPosition(index: number, { up, down }: Conversion): number {
  return Math.floor((index * down) / up);
}

/**
 * One output sample.
 * @param samples A part of the input, from sample `offset` on; outside it there is silence.
 */
function convertSample(
  index: number,
  samples: Float32Array,
  offset: number,
  conversion: Conversion,
): number {
  const { up, down, halfWidth, phases } = conversion;
  const taps = phases((index * down) % up);
  const first = inputPosition(index, conversion) - halfWidth + 1 - offset;
  const start = Math.max(0, -first);
  const end = Math.min(taps.length, samples.length - first);
  let sum = 0;
  for (let tap = start; tap < end; tap++) sum += taps[tap]! * samples[first + tap]!;
  return sum;
}

/**
 * One filter for each of the `up` positions that an output sample can have between two input
 * samples; of too many, one for several, which is off by less than the stop band. Built when first
 * asked for: odd pairs of rates have thousands of phases.
 */
function filterBank(up: number, down: number) {
  // All frequencies in cycles per input sample, all times in input samples.
  const lowerRate = Math.min(1, up / down);
  const cutoff = ((passBand + 0.5) / 2) * lowerRate;
  const transition = 2 * Math.PI * (0.5 - passBand) * lowerRate;
  const beta = 0.1102 * (attenuation - 8.7);
  const halfWidth = Math.ceil((attenuation - 7.95) / (2.285 * transition) / 2);

  const count = Math.min(up, Math.ceil(mostTaps / (2 * halfWidth)));
  const filters: Float64Array[] = [];
  const phases = (phase: number): Float64Array => {
    const index = count === up ? phase : Math.floor((phase * count) / up);
    filters[index] ??= windowedSinc(index / count, halfWidth, cutoff, beta);
    return filters[index];
  };
  return { halfWidth, phases };
}

/** Taps for the input samples at -halfWidth + 1 .. halfWidth around a point `fraction` past 0. */
function windowedSinc(
  fraction: number,
  halfWidth: number,
  cutoff: number,
  beta: number,
): Float64Array {
  const taps = new Float64Array(2 * halfWidth);
  let sum = 0;
  for (let tap = 0; tap < taps.length; tap++) {
    const time = tap - halfWidth + 1 - fraction;
    const angle = 2 * Math.PI * cutoff * time;
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
    const window = besselI0(beta * Math.sqrt(Math.max(0, 1 - (time / halfWidth) ** 2)));
    taps[tap] = sinc * window;
    sum += taps[tap]!;
  }
  // Every phase passes a constant unchanged.
  return taps.map((value) => value / sum);
}

/** The modified Bessel function of order zero, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
