/**
 * Where somebody speaks: a detector of sound that stands out of the noise around it.
 *
 * No model: a frame is loud when, in one of two bands of speech (band-levels.ts), it is `threshold`
 * decibels above the noise floor (noise-floor.ts); with hysteresis, and by how long sounds and
 * pauses last (speech-runs.ts), loud frames become stretches. So steady sounds of any kind and level
 * are silence (hiss, hum, fans, held tones), and so are clicks; what it cannot tell from speech is
 * other sound that comes and goes, such as music with a beat or a slamming door.
 */
import { OptionError } from "../errors.ts";
import { withDefaults } from "../options/check-options.ts";
import { voiceActivityOptions } from "../options/option-table.ts";
import type { VoiceActivityOptions } from "../options/options.ts";
import { BandLevels, frameDuration } from "./band-levels.ts";
import { floorDuration, NoiseFloor } from "./noise-floor.ts";
import { type FrameRange, SpeechRuns } from "./speech-runs.ts";

/** Samples from `start` to before `end`, counted from the first. */
export interface SpeechStretch {
  readonly start: number;
  readonly end: number;
}

/** The softest noise floor: with less there is nothing to hear; decibels below a mean square of 1. */
const softestFloor = -85;
/** A sound that has begun goes on above this part of the threshold. */
const releaseFraction = 2 / 3;
/** Lowest sample rate that holds both bands of speech, Hz. */
const lowestRate = 4000;

/**
 * Finds the speech of a recording.
 *
 * @param samples Mono; any level, any offset.
 * @param sampleRate Hz.
 * @returns Stretches in order of time that neither touch nor overlap, padding included.
 * @throws OptionError as `VoiceActivityDetector`
 */
export function detectSpeech(
  samples: Float32Array,
  sampleRate: number,
  options: VoiceActivityOptions = {},
): SpeechStretch[] {
  const detector = new VoiceActivityDetector(sampleRate, options);
  return [...detector.push(samples), ...detector.finish()];
}

/** The same block by block, in memory that does not grow with the stream. */
export class VoiceActivityDetector {
  readonly #levels: BandLevels;
  readonly #bands: readonly Band[];
  readonly #runs: SpeechRuns;
  readonly #threshold: number;
  readonly #padding: number;
  readonly #lookAhead: number;
  #sampleCount = 0;
  #known = 0;
  #decided = 0;
  #isSound = false;
  #lastEnd = 0;
  #ended: SpeechStretch[] = [];

  /**
   * @param lookAhead Seconds that a decision may wait for what comes after; the default, all that
   *   helps, is for recordings. With less, noise that begins is taken for speech until it has lasted
   *   for some seconds.
   * @throws OptionError for a rate below 4 kHz
   */
  constructor(
    sampleRate: number,
    options: VoiceActivityOptions = {},
    lookAhead: number = floorDuration,
  ) {
    const { threshold, minSpeechDuration, minSilenceDuration, padding } = withDefaults(
      options,
      voiceActivityOptions,
    );
    if (!(sampleRate >= lowestRate)) {
      throw new OptionError(
        `Voice activity needs samples at ${lowestRate} Hz or more, found ${sampleRate} Hz. Leave voiceActivity out.`,
        { expected: lowestRate, found: sampleRate },
      );
    }
    const floorFrames = Math.round(floorDuration / frameDuration);
    this.#lookAhead = Math.min(Math.round(lookAhead / frameDuration), floorFrames);
    this.#levels = new BandLevels(sampleRate, (low, high) => this.#learn(low, high));
    this.#bands = [0, 1].map(() => new Band(floorFrames, this.#lookAhead));
    this.#threshold = threshold;
    this.#padding = Math.round(padding * sampleRate);
    const paddingFrames = Math.ceil(this.#padding / this.#levels.hopLength);
    this.#runs = new SpeechRuns({
      minSpeech: Math.round(minSpeechDuration / frameDuration),
      // Stretches whose paddings touch are one.
      minSilence: Math.max(Math.round(minSilenceDuration / frameDuration), 2 * paddingFrames + 1),
    });
  }

  /** Where the stretch that goes on began, samples; null in silence. */
  get speakingSince(): number | null {
    const { open } = this.#runs;
    return open ? this.#startOf(open) : null;
  }

  /** No stretch begins before this sample, but for those told and the one that goes on. */
  get silentUntil(): number {
    const start = this.#runs.silentUntil * this.#levels.hopLength - this.#padding;
    return Math.max(start, this.#lastEnd, 0);
  }

  /** @returns Stretches of which these samples show that they have ended. */
  push(samples: Float32Array): SpeechStretch[] {
    this.#sampleCount += samples.length;
    this.#levels.push(samples);
    return this.#take();
  }

  /** The stream is over. @returns The stretches that were not told yet. */
  finish(): SpeechStretch[] {
    this.#levels.finish();
    while (this.#decided < this.#known) this.#decide();
    this.#end(this.#runs.finish());
    return this.#take();
  }

  #learn(low: number, high: number): void {
    this.#bands[0]!.look(this.#known, low);
    this.#bands[1]!.look(this.#known, high);
    this.#known++;
    if (this.#known - this.#decided > this.#lookAhead) this.#decide();
  }

  #decide(): void {
    const [low, high] = this.#bands;
    const above = Math.max(low!.rise(this.#decided), high!.rise(this.#decided));
    this.#decided++;
    this.#isSound = above >= this.#threshold * (this.#isSound ? releaseFraction : 1);
    this.#end(this.#runs.push(this.#isSound));
  }

  #end(stretch: FrameRange | undefined): void {
    if (!stretch) return;
    const start = this.#startOf(stretch);
    this.#lastEnd = Math.min(
      stretch.end * this.#levels.hopLength + this.#padding,
      this.#sampleCount,
    );
    this.#ended.push({ start, end: this.#lastEnd });
  }

  #startOf(stretch: FrameRange): number {
    return Math.max(0, stretch.start * this.#levels.hopLength - this.#padding);
  }

  #take(): SpeechStretch[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }
}

/** The levels of one band, kept as long as the noise floor needs them. */
class Band {
  readonly #floor: NoiseFloor;
  readonly #floorFrames: number;
  readonly #levels: Float64Array;

  constructor(floorFrames: number, lookAhead: number) {
    this.#floor = new NoiseFloor(frameDuration);
    this.#floorFrames = floorFrames;
    this.#levels = new Float64Array(floorFrames + lookAhead + 1);
  }

  look(frame: number, level: number): void {
    this.#levels[frame % this.#levels.length] = level;
    this.#floor.look(level);
  }

  /** Decibels that a frame is above the floor. Frames are asked for in order, each once. */
  rise(frame: number): number {
    const level = this.#levels[frame % this.#levels.length]!;
    this.#floor.advance(level);
    const rise = level - Math.max(this.#floor.level, softestFloor);
    const oldest = frame - this.#floorFrames + 1;
    this.#floor.leave(level, oldest < 0 ? undefined : this.#levels[oldest % this.#levels.length]);
    return rise;
  }
}
