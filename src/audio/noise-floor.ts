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
  readonly #frameCount: number;
  readonly #past = new LevelCounts();
  readonly #ahead = new LevelCounts();

  /** @param frameCount Frames to each side. */
  constructor(frameCount: number) {
    this.#frameCount = frameCount;
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
   * waited for, says nothing; where both have too few, they are taken together.
   */
  get level(): number {
    const hasPast = this.#past.count >= this.#frameCount;
    const hasAhead = this.#ahead.count >= this.#frameCount;
    if (hasPast && hasAhead) return Math.max(quietLevel(this.#past), quietLevel(this.#ahead));
    if (hasPast) return quietLevel(this.#past);
    if (hasAhead) return quietLevel(this.#ahead);
    return quietLevel(this.#past, this.#ahead);
  }
}

/** How many frames had which level. */
class LevelCounts {
  readonly bins = new Uint16Array(binCount);
  count = 0;

  add(level: number): void {
    this.bins[binOf(level)]!++;
    this.count++;
  }

  remove(level: number): void {
    this.bins[binOf(level)]!--;
    this.count--;
  }
}

function binOf(level: number): number {
  const bin = Math.floor((level - lowestLevel) / levelStep);
  return Math.min(Math.max(bin, 0), binCount - 1);
}

function quietLevel(counts: LevelCounts, others?: LevelCounts): number {
  const quiet = quietFraction * (counts.count + (others?.count ?? 0));
  let seen = 0;
  for (let bin = 0; bin < binCount; bin++) {
    seen += counts.bins[bin]! + (others?.bins[bin] ?? 0);
    if (seen > quiet) return lowestLevel + bin * levelStep;
  }
  return lowestLevel;
}
