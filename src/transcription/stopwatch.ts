/** Wall-clock seconds between laps. */
export class Stopwatch {
  #since = performance.now();

  /** Seconds since the last lap, or since it was made. */
  lap(): number {
    const now = performance.now();
    const seconds = (now - this.#since) / 1000;
    this.#since = now;
    return seconds;
  }
}
