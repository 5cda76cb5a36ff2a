/**
 * How loud it is where nobody speaks, followed through time.
 *
 * Speech pauses: between words, and within them where the mouth is closed. The quietest few percent
 * of some seconds are the noise alone (minimum statistics: R. Martin, "Noise power spectral density
 * estimation based on optimal smoothing and minimum statistics", 2001; a percentile in place of the
 * minimum, so that a dropout of the line does not count).
 */

/** Seconds that surely hold pauses, if there is speech. */
export const floorDuration = 3;
/** With fewer, a side says nothing about the floor: they may be all speech. */
const leastDuration = 1;
/** The floor is the level that this part of those seconds stays below. */
const quietFraction = 0.05;

/** The levels that are told apart: from this, decibels, in steps. Softer is as this. */
const lowestLevel = -100;
const levelStep = 0.25;
const binCount = 480;

/**
 * The noise floor of one band at each frame, from the seconds before it and the seconds after it:
 * the louder of the two, so that noise which begins or ends is no speech on either side.
 */
export class NoiseFloor {
  readonly #leastFrames: number;
  readonly #past = new LevelCounts();
  readonly #ahead = new LevelCounts();

  /** @param frameDuration Seconds from one frame to the next. */
  constructor(frameDuration: number) {
    this.#leastFrames = Math.round(leastDuration / frameDuration);
  }

  /** A level that is now known, ahead of the frame asked for. */
  look(level: number): void {
    this.#ahead.add(level);
  }

  /** The next frame is the one asked for: `level`, seen ahead, is now of the past as well. */
  advance(level: number): void {
    this.#past.add(level);
  }

  /** After the frame was asked for: it lies no longer ahead, and `oldest` no longer in the past. */
  leave(level: number, oldest: number | undefined): void {
    this.#ahead.remove(level);
    if (oldest !== undefined) this.#past.remove(oldest);
  }

  /**
   * Decibels. A side with too few frames, near an end of the recording or where the future cannot be
   * waited for, says nothing; where both have too few, it is the softer of the two.
   */
  get level(): number {
    const hasPast = this.#past.count >= this.#leastFrames;
    const hasAhead = this.#ahead.count >= this.#leastFrames;
    if (hasPast === hasAhead) {
      const choose = hasPast ? Math.max : Math.min;
      return choose(this.#past.quietLevel, this.#ahead.quietLevel);
    }
    return hasPast ? this.#past.quietLevel : this.#ahead.quietLevel;
  }
}

/** How many frames had which level; at least one where the quiet level is asked for. */
class LevelCounts {
  count = 0;
  readonly #bins = new Uint16Array(binCount);
  /** Where the quiet level was last found, and how many frames are softer: it seldom moves far. */
  #quietBin = 0;
  #below = 0;

  add(level: number): void {
    this.#change(level, 1);
  }

  remove(level: number): void {
    this.#change(level, -1);
  }

  get quietLevel(): number {
    const quiet = quietFraction * this.count;
    while (this.#below > quiet) this.#below -= this.#bins[--this.#quietBin]!;
    while (this.#below + this.#bins[this.#quietBin]! <= quiet) {
      this.#below += this.#bins[this.#quietBin++]!;
    }
    return lowestLevel + this.#quietBin * levelStep;
  }

  #change(level: number, by: 1 | -1): void {
    const position = Math.floor((level - lowestLevel) / levelStep);
    const bin = Math.min(Math.max(position, 0), binCount - 1);
    this.#bins[bin]! += by;
    this.count += by;
    if (bin < this.#quietBin) this.#below += by;
  }
}
