/** The text of live captions: words of hypotheses -> partial and final text. */
import type { Segment, StreamEvent } from "../results.ts";
import { cutAfterWords } from "./caption-cut.ts";
import type { CaptionHypothesis, CaptionQuality, HypothesisWord } from "./caption-hypothesis.ts";
import { WordAgreement } from "./word-agreement.ts";

/** Characters of final text that a hypothesis is told of, as in Macháček's implementation. */
const promptLength = 200;

/** The audio of a hypothesis, seconds from the start of the stream. */
export interface HeardAudio {
  readonly start: number;
  readonly end: number;
  /** Where it begins, log-mel frames. */
  readonly seek: number;
}

/** What is known of a hypothesis when its words become final. */
interface Origin extends HeardAudio {
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
  accept({ words, quality }: CaptionHypothesis, audio: HeardAudio): StreamEvent[] {
    const rule = { heardUntil: audio.end, maxLatency: this.#maxLatency };
    this.#origin = { ...audio, quality };
    return this.#tell(this.#words.accept(placeWords(words, audio.start), rule));
  }

  /** The last hypothesis of this audio: all of it is final. */
  conclude({ words, quality }: CaptionHypothesis, audio: HeardAudio): StreamEvent[] {
    this.#origin = { ...audio, quality };
    const events = this.#tell(this.#words.conclude(placeWords(words, audio.start)));
    this.#remember(this.#words.final.length);
    return events;
  }

  /** The audio is gone: what may still change is final as it stands. */
  concludeOpen(): StreamEvent[] {
    const events = this.#tell(this.#words.settle());
    this.#remember(this.#words.final.length);
    return events;
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

  #tell(added: readonly HypothesisWord[]): StreamEvent[] {
    const events: StreamEvent[] = [];
    const origin = this.#origin;
    if (!origin) return events;
    if (joinWords(added).trim() !== "") {
      const segment = this.#segmentOf(added, origin);
      events.push({ status: "final", segment });
      this.#finalUntil = segment.end;
      this.#partial = "";
    }
    const text = joinWords(this.#words.open);
    if (text !== this.#partial) {
      const start = this.#words.open[0]?.timing?.start ?? origin.start;
      events.push({ status: "partial", text, start: Math.max(start, this.#finalUntil) });
      this.#partial = text;
    }
    return events;
  }

  #segmentOf(words: readonly HypothesisWord[], { quality, seek, ...audio }: Origin): Segment {
    // Times of two hypotheses differ by a little: text that comes later is not said earlier.
    const start = Math.max(words[0]!.timing?.start ?? audio.start, this.#finalUntil);
    const end = Math.max(words.at(-1)!.timing?.end ?? audio.end, start);
    const within = (time: number, earliest: number) => Math.min(Math.max(time, earliest), end);
    let before = start;
    const timed = words.flatMap(({ text, timing }) => {
      if (!timing) return [];
      const wordStart = within(timing.start, before);
      before = within(timing.end, wordStart);
      return [{ word: text, start: wordStart, end: before, probability: timing.probability }];
    });
    return {
      id: this.#segmentCount++,
      seek,
      start,
      end,
      text: joinWords(words),
      tokens: words.flatMap(({ tokens }) => tokens),
      ...quality,
      ...(timed.length === words.length && { words: timed }),
    };
  }
}

/** Times from the start of the stream. */
function placeWords(words: readonly HypothesisWord[], origin: number): HypothesisWord[] {
  return words.map(({ timing, ...word }) => {
    if (!timing) return word;
    const { start, end, probability } = timing;
    return { ...word, timing: { start: origin + start, end: origin + end, probability } };
  });
}

function joinWords(words: readonly HypothesisWord[]): string {
  return words.map(({ text }) => text).join("");
}
