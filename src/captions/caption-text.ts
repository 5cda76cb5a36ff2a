/** The text of live captions: words of hypotheses -> partial and final text. */
import type { WordTiming } from "../alignment/find-alignment.ts";
import type { Segment, StreamEvent } from "../results.ts";
import { cutAfterWords } from "./caption-cut.ts";
import type { CaptionHypothesis, CaptionQuality } from "./caption-hypothesis.ts";
import { WordAgreement } from "./word-agreement.ts";

/** Characters of final text that a hypothesis is prompted with, as in Macháček's implementation. */
const promptLength = 200;

/** The audio of a hypothesis, seconds from the start of the stream. */
export interface CaptionAudio {
  readonly start: number;
  readonly end: number;
  /** Where it begins, log-mel frames. */
  readonly seek: number;
}

/** Nobody speaks; seconds from the start of the stream. */
export interface Silence {
  readonly start: number;
  readonly end: number;
}

/** What is known of a hypothesis when its words become final. */
interface Origin extends CaptionAudio {
  readonly quality: CaptionQuality;
}

export class CaptionText {
  readonly #maxLatency: number;
  readonly #words = new WordAgreement();
  /** Of the last hypothesis. */
  #origin: Origin | undefined;
  /** End of the last final text, seconds. */
  #finalUntil = 0;
  #segmentCount = 0;
  #prompt = "";
  #partial = "";

  /** @param maxLatency Seconds after which words become final without agreement. */
  constructor(maxLatency: number) {
    this.#maxLatency = maxLatency;
  }

  /** The end of the final text whose audio is gone. */
  get prompt(): string {
    return this.#prompt;
  }

  /** A hypothesis of all audio that is kept, which goes on. */
  accept({ words, quality }: CaptionHypothesis, audio: CaptionAudio): StreamEvent[] {
    const rule = { recognisedUntil: audio.end, maxLatency: this.#maxLatency };
    this.#origin = { ...audio, quality };
    return this.#emit(this.#words.accept(shiftWords(words, audio.start), rule));
  }

  /**
   * The last hypothesis of this audio: all of it is final.
   *
   * @param silences Within the audio, in their order: no text spans one, and they are events.
   */
  conclude(
    { words, quality }: CaptionHypothesis,
    audio: CaptionAudio,
    silences: readonly Silence[],
  ): StreamEvent[] {
    const events: StreamEvent[] = [];
    let rest = this.#words.conclude(shiftWords(words, audio.start));
    let from = audio.start;
    for (const silence of silences) {
      const { start, end } = silence;
      // The model may count silence to the words around it: a word lies where more of it is.
      const first = rest.findIndex((word) => word.start + word.end > start + end);
      const before = first < 0 ? rest : rest.slice(0, first);
      this.#origin = { ...audio, start: from, end: start, quality };
      events.push(...this.#emitFinal(before), ...this.#emitSilence(silence));
      rest = rest.slice(before.length);
      from = end;
    }
    this.#origin = { ...audio, start: from, quality };
    events.push(...this.#emit(rest));
    this.#remember(this.#words.final.length);
    return events;
  }

  /** Nobody speaks any more, and the audio is gone: what may still change is final as it stands. */
  concludeOpen(silence: Silence): StreamEvent[] {
    if (this.#origin) this.#origin = { ...this.#origin, end: silence.start };
    const events = this.#emit(this.#words.settle());
    this.#remember(this.#words.final.length);
    return [...events, ...this.#emitSilence(silence)];
  }

  /**
   * Forgets final words, and tells up to where their audio is not needed any more.
   *
   * @param from Seconds before which a cut frees too little.
   * @returns seconds; undefined where there is nothing to cut
   */
  cutAfter(from: number): number | undefined {
    const cut = cutAfterWords(this.#words.final, from);
    if (cut) this.#remember(cut.wordCount);
    return cut?.time;
  }

  #remember(count: number): void {
    this.#prompt = (this.#prompt + joinWords(this.#words.forget(count))).slice(-promptLength);
  }

  /** Words that are final now, then those that may still change. */
  #emit(added: readonly WordTiming[]): StreamEvent[] {
    const events = this.#emitFinal(added);
    const { open } = this.#words;
    const text = joinWords(open);
    if (text !== this.#partial) {
      const start = (open[0] ?? this.#origin)?.start ?? 0;
      events.push({ status: "partial", text, start: Math.max(start, this.#finalUntil) });
      this.#partial = text;
    }
    return events;
  }

  #emitFinal(words: readonly WordTiming[]): StreamEvent[] {
    const origin = this.#origin;
    if (!origin || joinWords(words).trim() === "") return [];
    const segment = this.#segmentOf(words, origin);
    this.#finalUntil = segment.end;
    this.#partial = "";
    return [{ status: "final", segment }];
  }

  /** The last word may reach a little into it. */
  #emitSilence({ start, end }: Silence): StreamEvent[] {
    const from = Math.max(start, this.#finalUntil);
    return end > from ? [{ status: "silence", start: from, end }] : [];
  }

  #segmentOf(words: readonly WordTiming[], { quality, seek, ...audio }: Origin): Segment {
    // Times of two hypotheses differ by a little: text that comes later is not said earlier.
    let until = Math.max(audio.start, this.#finalUntil);
    const next = (time: number) => {
      until = Math.max(until, Math.min(time, audio.end));
      return until;
    };
    const timed = words.map(({ word, start, end, probability }) => {
      return { word, start: next(start), end: next(end), probability };
    });
    return {
      id: this.#segmentCount++,
      seek,
      start: timed[0]!.start,
      end: until,
      text: joinWords(words),
      tokens: words.flatMap(({ tokens }) => tokens),
      ...quality,
      words: timed,
    };
  }
}

/** Times from the start of the stream. */
function shiftWords(words: readonly WordTiming[], origin: number): WordTiming[] {
  return words.map((word) => ({ ...word, start: origin + word.start, end: origin + word.end }));
}

function joinWords(words: readonly WordTiming[]): string {
  return words.map(({ word }) => word).join("");
}
