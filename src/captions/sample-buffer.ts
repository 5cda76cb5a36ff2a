/** The end of a stream of samples, addressed by their positions in the stream. */
export class SampleBuffer {
  /** Position of the first sample held. */
  start = 0;
  #samples = new Float32Array(0);
  #count = 0;

  /** Position after the last sample: how many there have been. */
  get end(): number {
    return this.start + this.#count;
  }

  get length(): number {
    return this.#count;
  }

  push(samples: Float32Array): void {
    const needed = this.#count + samples.length;
    if (needed > this.#samples.length) {
      const grown = new Float32Array(Math.max(needed, 2 * this.#samples.length));
      grown.set(this.#samples.subarray(0, this.#count));
      this.#samples = grown;
    }
    this.#samples.set(samples, this.#count);
    this.#count = needed;
  }

  /** Forgets what lies before a position; nothing where it is gone already. */
  dropBefore(position: number): void {
    const dropped = Math.min(position - this.start, this.#count);
    if (dropped <= 0) return;
    this.#samples.copyWithin(0, dropped, this.#count);
    this.#count -= dropped;
    this.start += dropped;
  }

  /** A copy of the samples from `start` to before `end`, both held. */
  slice(start: number, end: number): Float32Array {
    return this.#samples.slice(start - this.start, end - this.start);
  }

  /** The samples held, as they lie here: valid until the next change. */
  get view(): Float32Array {
    return this.#samples.subarray(0, this.#count);
  }
}
