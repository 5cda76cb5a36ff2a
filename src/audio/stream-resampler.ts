import {
  type Conversion,
  convertSample,
  inputPosition,
  outputLength,
  planConversion,
} from "./resample.ts";

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
   * @throws AudioError for a rate that is not a whole number between 1 and 768000 Hz
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
