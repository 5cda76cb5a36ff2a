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

  /** @returns the window's segments, numbered */
  add({ seek, decoded, segments, tokens }: WindowResult): readonly Segment[] {
    const { temperature, avgLogProb, compressionRatio, noSpeechProb } = decoded;
    const first = this.#segments.length;
    const numbered = segments.map(({ start, end, text, tokens, words }, i): Segment => {
      return {
        id: first + i,
        seek,
        start,
        end,
        text,
        tokens,
        temperature,
        avgLogProb,
        compressionRatio,
        noSpeechProb,
        ...(words && { words }),
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

  /** @param audio.duration seconds of the whole audio, clips or not */
  finish(
    { language, detection, seconds }: Pick<WindowPipeline, "language" | "detection" | "seconds">,
    audio: { readonly duration: number; readonly load: number },
  ): Transcript {
    return {
      text: this.text.trim(),
      language,
      ...(detection && { languageProbabilities: probabilities(detection) }),
      duration: audio.duration,
      tokens: this.#tokens,
      segments: this.#segments,
      avgLogProb: this.#sampledCount === 0 ? 0 : this.#sumLogProb / this.#sampledCount,
      noSpeechProb: this.#noSpeechProb ?? 1,
      timing: timingOf(seconds, audio),
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
