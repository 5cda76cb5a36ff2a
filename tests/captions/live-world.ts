/**
 * A world for live captions with a clock of its own: a script of words, a detector and an engine that
 * know it. Times are seconds, at 100 samples a second, and the window is 10 s long.
 */

import type { WordTiming } from "../../src/alignment/find-alignment.ts";
import type { CaptionHypothesis, CaptionRequest } from "../../src/captions/caption-hypothesis.ts";
import { LiveCaptions, type SpeechDetector } from "../../src/captions/live-captions.ts";
import { parseFeatureConfig } from "../../src/features/feature-config.ts";
import type { StreamEvent } from "../../src/results.ts";
import type { SampleRange } from "../../src/transcription/speech-windows.ts";
import { hypothesisOf } from "./caption-words.ts";

export const config = parseFeatureConfig({
  sampling_rate: 100,
  hop_length: 1,
  n_fft: 4,
  chunk_length: 10,
});
export const rate = config.sampleRate;
/** Samples that arrive at a time. */
const blockLength = 4;
/** What a detector waits for: shorter pauses are none, and sound is speech once it has lasted. */
const shortestPause = 0.6;
const shortestSpeech = 0.1;
/** Seconds that a decision waits for what comes after. */
const lookAhead = 0.3;

export interface SpokenWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Words of 0.3 s every 0.4 s from `start` on, with a breath of 0.5 s after five: "w0 w1 ...". */
export function speak(start: number, count: number, first = 0): SpokenWord[] {
  return Array.from({ length: count }, (_, i) => {
    const from = start + 0.4 * i + 0.4 * Math.floor(i / 5);
    return { text: ` w${first + i}`, start: from, end: from + 0.3 };
  });
}

/** Finds stretches in the samples that `soundOf` makes, with the delays of a real detector. */
export class ScriptedDetector implements SpeechDetector {
  #ahead: number[] = [];
  #count = 0;
  #run: { start: number; end: number } | undefined;
  #open: { start: number; end: number } | undefined;

  get speakingSince(): number | null {
    return this.#open?.start ?? null;
  }

  get silentUntil(): number {
    return this.#run?.start ?? this.#count;
  }

  push(samples: Float32Array): SampleRange[] {
    const ended: SampleRange[] = [];
    this.#ahead.push(...samples);
    for (const sample of this.#ahead.splice(0, this.#ahead.length - lookAhead * rate)) {
      const at = this.#count++;
      if (Math.abs(sample) >= 1) {
        this.#run ??= { start: at, end: at };
        this.#run.end = at + 1;
      } else if (this.#run && at - this.#run.end > 0.2 * rate) {
        this.#run = undefined;
      }
      if (this.#run && this.#run.end - this.#run.start >= shortestSpeech * rate) {
        this.#open ??= this.#run;
        this.#open = { start: this.#open.start, end: this.#run.end };
      }
      if (this.#open && !this.#run && at - this.#open.end >= shortestPause * rate) {
        ended.push(this.#open);
        this.#open = undefined;
      }
    }
    return ended;
  }

  finish(): SampleRange[] {
    const ended = this.push(new Float32Array(lookAhead * rate));
    if (this.#open) ended.push(this.#open);
    this.#open = undefined;
    return ended;
  }
}

/** A sample tells its place in the stream: loud within a word, soft between. */
export function soundOf(words: readonly SpokenWord[], length: number): Float32Array {
  const samples = Float32Array.from({ length }, (_, i) => i * placeStep);
  for (const { start, end } of words) {
    const last = Math.min(Math.round(end * rate), length);
    for (let i = Math.round(start * rate); i < last; i++) samples[i] = 1 + i * placeStep;
  }
  return samples;
}

/** Exact in single precision for hours. */
const placeStep = 2 ** -22;

function placeOf(samples: Float32Array): number {
  const first = samples[0]!;
  return (first >= 1 ? first - 1 : first) / placeStep;
}

export interface EngineManner {
  /** What it hears of a word that is all there. */
  readonly hear?: (text: string) => string;
}

/** Hears the words whose middle lies in the samples; those that are cut off it hears wrongly. */
export function engineFor(
  words: readonly SpokenWord[],
  { hear = (text) => text }: EngineManner = {},
): (request: CaptionRequest) => CaptionHypothesis {
  return ({ samples }) => {
    const from = placeOf(samples) / rate;
    const to = from + samples.length / rate;
    const heard: WordTiming[] = [];
    for (const { text, start, end } of wordsBetween(words, from, to)) {
      const isCut = start < from - 0.02 || end > to + 0.02;
      heard.push({
        word: isCut ? `${text}~` : hear(text),
        tokens: [1],
        start: start - from,
        end: Math.min(end, to) - from,
        probability: 0.5,
      });
    }
    return hypothesisOf(heard);
  };
}

function wordsBetween(words: readonly SpokenWord[], from: number, to: number): SpokenWord[] {
  const middle = ({ start, end }: SpokenWord) => (start + end) / 2;
  let [low, high] = [0, words.length];
  while (low < high) {
    const half = (low + high) >> 1;
    if (middle(words[half]!) < from) low = half + 1;
    else high = half;
  }
  const found: SpokenWord[] = [];
  for (let i = low; i < words.length && middle(words[i]!) < to; i++) found.push(words[i]!);
  return found;
}

export interface ToldEvent {
  /** Seconds of the clock. */
  readonly at: number;
  readonly event: StreamEvent;
}

export interface LiveRun {
  readonly told: readonly ToldEvent[];
  /** Most samples held at any time, and in any request. */
  readonly mostBuffered: number;
  readonly mostAsked: number;
  readonly requests: readonly {
    readonly at: number;
    readonly prompt: string;
    readonly length: number;
  }[];
}

/**
 * Plays `length` seconds to captions as a microphone would, on a machine that takes `took` seconds
 * for a hypothesis.
 */
export function runLive(
  captions: LiveCaptions,
  sound: (from: number, count: number) => Float32Array,
  length: number,
  engine: (request: CaptionRequest) => CaptionHypothesis,
  took: number | ((request: CaptionRequest) => number),
): LiveRun {
  const told: ToldEvent[] = [];
  const requests: { at: number; prompt: string; length: number }[] = [];
  let mostBuffered = 0;
  let mostAsked = 0;
  let running: { readonly answer: CaptionHypothesis; took: number; until: number } | undefined;
  let queued = 0;
  const samples = Math.round(length * rate);
  for (let now = 0; !captions.isOver; now += blockLength) {
    const at = now / rate;
    while (captions.hasRoom && queued < Math.min(now, samples)) {
      const count = Math.min(blockLength, Math.min(now, samples) - queued);
      captions.push(sound(queued, count));
      queued += count;
    }
    if (queued === samples) captions.end();
    if (running && at >= running.until) {
      captions.accept(running.answer, running.took);
      running = undefined;
    }
    const request = captions.next();
    if (request) {
      const seconds = typeof took === "number" ? took : took(request);
      running = { answer: engine(request), took: seconds, until: at + seconds };
      requests.push({ at, prompt: request.prompt, length: request.samples.length });
      mostAsked = Math.max(mostAsked, request.samples.length);
    }
    for (const event of captions.takeEvents()) told.push({ at, event });
    mostBuffered = Math.max(mostBuffered, captions.bufferedLength);
  }
  told.push({ at: samples / rate, event: captions.finish() });
  return { told, mostBuffered, mostAsked, requests };
}

/** Captions of a script from beginning to end. */
export function caption(
  words: readonly SpokenWord[],
  length: number,
  {
    took = 0.1,
    options = {},
    ...manner
  }: EngineManner & {
    readonly took?: number | ((request: CaptionRequest) => number);
    readonly options?: ConstructorParameters<typeof LiveCaptions>[2];
  } = {},
): LiveRun {
  const whole = soundOf(words, Math.round(length * rate));
  const captions = new LiveCaptions(config, new ScriptedDetector(), options);
  const sound = (from: number, count: number) => whole.subarray(from, from + count);
  return runLive(captions, sound, length, engineFor(words, manner), took);
}

/** The final text, and the partial text that is shown beside it at the end. */
export function finalText(told: readonly ToldEvent[]): string {
  return told.map(({ event }) => (event.status === "final" ? event.segment.text : "")).join("");
}

export function scriptText(words: readonly SpokenWord[]): string {
  return words.map(({ text }) => text).join("");
}
