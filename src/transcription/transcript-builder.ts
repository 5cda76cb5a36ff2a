import type { Segment, Timing, Transcript } from "../results.ts";
import type { WindowResult } from "./read-window.ts";
import type { WindowPipeline } from "./window-pipeline.ts";

/** Joins windows into a transcript. */
export class TranscriptBuilder {
  /** Of all segments so far. */
  text = "";
  readonly #segments: Segment[] = [];
  readonly #tokens: number[] = [];
  #sumLogProb = 0;
  /** Sampled tokens of all windows, their end-of-text included. */
  #sampledCount = 0;
  #noSpeechProb: number | null = null;
  readonly #duration: number;

  /** @param duration seconds of the whole audio, clips or not: no segment lasts longer */
  constructor(duration: number) {
    this.#duration = duration;
  }

  /** @returns the window's segments, numbered */
  add({ seek, decoded, segments, tokens }: WindowResult): readonly Segment[] {
    const { temperature, avgLogProb, compressionRatio, noSpeechProb } = decoded;
    const first = this.#segments.length;
    // The model may hear on into the silence behind the audio.
    const within = <T extends { start: number; end: number }>(timed: T): T => {
      const [start, end] = [timed.start, timed.end].map((time) => Math.min(time, this.#duration));
      return { ...timed, start, end };
    };
    const numbered = segments.map(({ start, end, text, tokens, words }, i): Segment => {
      return {
        id: first + i,
        seek,
        ...within({ start, end }),
        text,
        tokens,
        temperature,
        avgLogProb,
        compressionRatio,
        noSpeechProb,
        ...(words && { words: words.map(within) }),
      };
    });
    for (const segment of numbered) {
      this.#segments.push(segment);
      this.text += segment.text;
    }
    for (const token of tokens) this.#tokens.push(token);
    this.#sumLogProb += decoded.sumLogProb;
    this.#sampledCount += decoded.tokens.length + 1;
    this.#noSpeechProb = Math.min(this.#noSpeechProb ?? 1, noSpeechProb);
    return numbered;
  }

  /** @param load seconds that loading took */
  finish(
    { language, detection, seconds }: Pick<WindowPipeline, "language" | "detection" | "seconds">,
    load: number,
  ): Transcript {
    const duration = this.#duration;
    return {
      text: this.text.trim(),
      language,
      ...(detection && { languageProbabilities: probabilities(detection) }),
      duration,
      tokens: this.#tokens,
      segments: this.#segments,
      avgLogProb: this.#sampledCount === 0 ? 0 : this.#sumLogProb / this.#sampledCount,
      noSpeechProb: this.#noSpeechProb ?? 1,
      timing: timingOf(seconds, { duration, load }),
    };
  }
}

export function timingOf(
  seconds: WindowPipeline["seconds"],
  { duration, load }: { readonly duration: number; readonly load: number },
): Timing {
  const work = seconds.features + seconds.encode + seconds.decode;
  return { load, ...seconds, realTimeFactor: duration > 0 ? work / duration : 0 };
}

/** Most probable first. */
function probabilities({
  probabilities,
}: NonNullable<WindowPipeline["detection"]>): Record<string, number> {
  return Object.fromEntries([...probabilities].sort(([, a], [, b]) => b - a));
}
