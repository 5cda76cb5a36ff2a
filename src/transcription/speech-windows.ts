/**
 * Stretches of speech -> windows to recognise, and the times of what is recognised there -> times of
 * the recording.
 *
 * A window is several stretches one after another, the silence between them left out, as in
 * faster-whisper (vad.py, collect_chunks and SpeechTimestampsMap).
 */
import type { FeatureConfig } from "../features/feature-config.ts";
import type { Segment } from "../results.ts";
import { quietFrame } from "./quiet-cut.ts";

/** Samples of the recording, from `start` to before `end`. */
export interface SampleRange {
  readonly start: number;
  readonly end: number;
}

/** Seconds. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Groups stretches, in their order, into as few windows as hold them. A stretch is cut only where it
 * is longer than a window: at its quietest place in the second half of one.
 *
 * @param samples The recording, mono.
 * @param stretches Ascending, without overlaps, as `detectSpeech` gives them.
 * @param padding Seconds of silence that the stretches begin and end with.
 */
export function groupStretches(
  samples: Float32Array,
  stretches: readonly SampleRange[],
  config: FeatureConfig,
  padding = 0,
): SpeechWindow[] {
  const windows: SpeechWindow[] = [];
  let pieces: SampleRange[] = [];
  let length = 0;
  const close = () => {
    if (pieces.length > 0) windows.push(new SpeechWindow(pieces, config.sampleRate, padding));
    pieces = [];
    length = 0;
  };
  for (const stretch of stretches) {
    for (const piece of cutLong(samples, stretch, config)) {
      if (length + piece.end - piece.start > config.windowSamples) close();
      pieces.push(piece);
      length += piece.end - piece.start;
    }
  }
  close();
  return windows;
}

/** Pieces of a stretch, each of a window at most. */
function cutLong(
  samples: Float32Array,
  { start, end }: SampleRange,
  config: FeatureConfig,
): SampleRange[] {
  const { windowSamples, hopLength } = config;
  const pieces: SampleRange[] = [];
  let from = start;
  while (end - from > windowSamples) {
    const first = Math.ceil((from + windowSamples / 2) / hopLength);
    const last = Math.floor((from + windowSamples) / hopLength);
    const cut = quietFrame(samples, config, first, last) * hopLength;
    pieces.push({ start: from, end: cut });
    from = cut;
  }
  pieces.push({ start: from, end });
  return pieces;
}

/** Pieces of a recording that are recognised as one window. */
export class SpeechWindow {
  /** Ascending, without overlaps, none of them empty; at least one. */
  readonly pieces: readonly SampleRange[];
  /** Samples of all pieces. */
  readonly length: number;
  readonly #sampleRate: number;
  /** Samples of silence at either end of a piece. */
  readonly #padding: number;
  /** Where each piece begins in the window, samples. */
  readonly #offsets: readonly number[];

  constructor(pieces: readonly SampleRange[], sampleRate: number, padding = 0) {
    this.pieces = pieces;
    this.#sampleRate = sampleRate;
    this.#padding = padding * sampleRate;
    let length = 0;
    this.#offsets = pieces.map(({ start, end }) => {
      const offset = length;
      length += end - start;
      return offset;
    });
    this.length = length;
  }

  /** What the window says: `length` samples of the recording. */
  cutFrom(recording: Float32Array): Float32Array {
    const [first, ...others] = this.pieces;
    if (others.length === 0) return recording.subarray(first!.start, first!.end);
    const samples = new Float32Array(this.length);
    for (const [i, { start, end }] of this.pieces.entries()) {
      samples.set(recording.subarray(start, end), this.#offsets[i]);
    }
    return samples;
  }

  /**
   * A span of the window, seconds from its start, as seconds of the recording: linear within a piece.
   * What begins in the silence at the end of a piece begins with the next, and what ends in the
   * silence at the start of a piece ended with the one before, so that a span does not grow by
   * silence that was left out.
   */
  restoreSpan({ start, end }: Span): Span {
    const middle = this.#pieceAt(this.#samples((start + end) / 2));
    const first = Math.min(this.#pieceAt(this.#samples(start) + this.#padding), middle);
    const last = Math.max(this.#pieceAt(this.#samples(end) - this.#padding, true), middle);
    return { start: this.#restore(start, first), end: this.#restore(end, last) };
  }

  /** The same for a word, which lies in one piece: that of its middle (SpeechTimestampsMap). */
  restoreWord({ start, end }: Span): Span {
    const piece = this.#pieceAt(this.#samples((start + end) / 2));
    return { start: this.#restore(start, piece), end: this.#restore(end, piece) };
  }

  /** A segment with its times, and those of its words, as the recording has them. */
  restoreSegment<S extends Pick<Segment, "start" | "end" | "words">>(segment: S): S {
    const words = segment.words?.map((word) => ({ ...word, ...this.restoreWord(word) }));
    const [first, last] = [words?.[0], words?.at(-1)];
    const span = first && last ? { start: first.start, end: last.end } : this.restoreSpan(segment);
    return { ...segment, ...span, ...(words && { words }) };
  }

  #samples(seconds: number): number {
    return seconds * this.#sampleRate;
  }

  /** The piece that holds a place of the window; between two, the later one or the earlier. */
  #pieceAt(place: number, earlier = false): number {
    const next = this.#offsets.findIndex((offset) => (earlier ? offset >= place : offset > place));
    return next === -1 ? this.pieces.length - 1 : Math.max(0, next - 1);
  }

  /** Seconds of the recording, within the piece. */
  #restore(seconds: number, piece: number): number {
    const { start, end } = this.pieces[piece]!;
    const place = start + this.#samples(seconds) - this.#offsets[piece]!;
    return Math.min(Math.max(place, start), end) / this.#sampleRate;
  }
}
