/**
 * Live captions as a state machine without a clock or an engine: audio goes in, requests for
 * hypotheses come out; hypotheses go in, events come out. `caption-stream.ts` makes it run.
 *
 * While somebody speaks, what was said since the last pause is recognised again and again; words
 * become final by agreement (word-agreement.ts). At a pause one more hypothesis makes all final, and
 * the audio is dropped. Without a pause it is dropped where final words end, and at the latest when it
 * fills a window, so that neither memory nor the work for a hypothesis grows with the stream.
 */
import type { FeatureConfig } from "../features/feature-config.ts";
import { checkOptions, withDefaults } from "../options/check-options.ts";
import { liveOptions } from "../options/option-table.ts";
import type { LiveOptions } from "../options/options.ts";
import type { StreamEvent } from "../results.ts";
import { quietFrame } from "../transcription/quiet-cut.ts";
import type { SampleRange } from "../transcription/speech-windows.ts";
import type { CaptionHypothesis, CaptionRequest } from "./caption-hypothesis.ts";
import { CaptionPace } from "./caption-pace.ts";
import { CaptionText } from "./caption-text.ts";
import { SampleBuffer } from "./sample-buffer.ts";

/** What tells speech from silence in a stream: `VoiceActivityDetector` of src/audio. */
export interface SpeechDetector {
  /** Where the stretch of speech that goes on began, samples from the start; null in silence. */
  readonly speakingSince: number | null;
  /** No stretch begins before this sample, but for those returned and the one that goes on. */
  readonly silentUntil: number;
  /** @returns stretches of which these samples show that they have ended */
  push(samples: Float32Array): readonly SampleRange[];
  /** @returns stretches that the end of the stream ends */
  finish(): readonly SampleRange[];
}

export interface LiveCaptionOptions extends LiveOptions {
  /**
   * Whether the model is given several stretches of speech at once, with the silence between: those that
   * know timestamps do. Others leave words out; default false.
   */
  readonly takesSeveral?: boolean;
}

/** A request that is on its way; positions in samples. */
interface Pending {
  readonly start: number;
  readonly end: number;
  /** Silence between stretches of speech in it, in their order. */
  readonly silences: readonly SampleRange[];
  /** Whether its audio goes on, or is dropped. */
  readonly isPartial: boolean;
}

/** No partial text is asked for in this last part of a full window: it is cut there. */
const cutRange = 1 / 6;

export class LiveCaptions {
  readonly #config: FeatureConfig;
  readonly #detector: SpeechDetector;
  readonly #buffer = new SampleBuffer();
  readonly #text: CaptionText;
  readonly #pace: CaptionPace;
  readonly #takesSeveral: boolean;
  /** Stretches of speech that have ended and are not final yet. */
  #ended: SampleRange[] = [];
  #isEnded = false;
  #pending: Pending | undefined;
  /** Up to where requests went. */
  #recognisedUntil = 0;
  #language: string | null = null;
  #events: StreamEvent[] = [];

  /** @throws OptionError for an option out of range */
  constructor(config: FeatureConfig, detector: SpeechDetector, options: LiveCaptionOptions = {}) {
    const { takesSeveral = false, ...live } = options;
    const table = liveOptions(config.windowSamples / config.sampleRate);
    checkOptions(live, table);
    const { interval, maxLatency } = withDefaults(live, table);
    this.#config = config;
    this.#detector = detector;
    this.#text = new CaptionText(maxLatency);
    this.#pace = new CaptionPace(interval);
    this.#takesSeveral = takesSeveral;
  }

  /** Whether more audio may be pushed; where there is no room, the source has to wait. */
  get hasRoom(): boolean {
    return this.#buffer.length < 2 * this.#config.windowSamples;
  }

  /** Samples held. */
  get bufferedLength(): number {
    return this.#buffer.length;
  }

  /** Whether the stream has ended and all of it is final. */
  get isOver(): boolean {
    return this.#isEnded && this.#pending === undefined && this.#ended.length === 0;
  }

  /** Audio arrives: mono, at the model's rate, any number of samples. */
  push(samples: Float32Array): void {
    this.#buffer.push(samples);
    this.#ended.push(...this.#detector.push(samples));
    this.#dropFinal();
  }

  /** No more audio arrives. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#ended.push(...this.#detector.finish());
    this.#dropFinal();
  }

  /** What is to be recognised now, if anything; one request at a time. */
  next(): CaptionRequest | undefined {
    if (this.#pending) return undefined;
    this.#settlePause();
    const cut = this.#nextCut();
    const end = cut ?? this.#nextPartial();
    if (end === undefined) return undefined;
    const { start } = this.#buffer;
    this.#pending = {
      start,
      end,
      silences: this.#silencesBefore(end),
      isPartial: cut === undefined,
    };
    this.#recognisedUntil = end;
    return { samples: this.#buffer.slice(start, end), prompt: this.#text.prompt };
  }

  /**
   * The answer to the last request.
   * @param took Seconds of wall clock.
   */
  accept(hypothesis: CaptionHypothesis, took: number): void {
    const request = this.#pending;
    if (!request) throw new RangeError("A hypothesis that nobody asked for.");
    this.#pending = undefined;
    this.#language = hypothesis.language;
    if (hypothesis.detected !== null) {
      this.#events.push({ status: "languageDetected", ...hypothesis.detected });
    }
    const seek = Math.floor(request.start / this.#config.hopLength);
    const audio = { ...this.#secondsOf(request), seek };
    if (request.isPartial) {
      this.#events.push(...this.#text.accept(hypothesis, audio));
      this.#trim();
    } else {
      const silences = request.silences.map((silence) => this.#secondsOf(silence));
      this.#events.push(...this.#text.conclude(hypothesis, audio, silences));
      this.#buffer.dropBefore(request.end);
    }
    this.#dropFinal();
    const message = this.#pace.learn(took);
    const behind = this.#newSeconds(this.#buffer.end);
    if (message) this.#events.push({ status: "warning", message, behind });
  }

  /** What has happened since the last call. */
  takeEvents(): StreamEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The last event, when all is over. */
  finish(): StreamEvent {
    const duration = this.#seconds(this.#buffer.end);
    return { status: "done", language: this.#language, duration, transcript: null };
  }

  /** A pause that partial text reached into, and no further, needs no other hypothesis. */
  #settlePause(): void {
    const [stretch, next] = this.#ended;
    if (!stretch || stretch.end <= this.#buffer.start || stretch.end > this.#recognisedUntil)
      return;
    const { speakingSince, silentUntil } = this.#detector;
    // Else the end of that text may be the beginning of a word that comes again.
    if (this.#recognisedUntil > (next?.start ?? speakingSince ?? silentUntil)) return;
    this.#buffer.dropBefore(stretch.end);
    this.#dropFinal();
  }

  /** Up to where text can be made final: a pause, or in a window without one its quietest place. */
  #nextCut(): number | undefined {
    const { start, end } = this.#buffer;
    const { windowSamples, hopLength } = this.#config;
    const within = this.#ended.filter((stretch) => stretch.end - start <= windowSamples);
    // A model may take as long for a word as for a whole window: a slow machine saves time so.
    const pause = this.#takesSeveral && this.#pace.isBehind ? within.at(-1) : within[0];
    if (pause) return pause.end;
    const isSpeech = this.#ended.length > 0 || this.#detector.speakingSince !== null;
    if (!isSpeech || end - start < windowSamples) return undefined;
    // Not before what partial text was made of: some of it may be final.
    const from = Math.max(this.#recognisedUntil - start, windowSamples / 2);
    const last = Math.floor(windowSamples / hopLength);
    const first = Math.min(Math.ceil(from / hopLength), last);
    return start + quietFrame(this.#buffer.view, this.#config, first, last) * hopLength;
  }

  /** Speech that goes on, once there is enough that is new. */
  #nextPartial(): number | undefined {
    const { start, end } = this.#buffer;
    const isSpeech = this.#ended.length === 0 && this.#detector.speakingSince !== null;
    const room = (1 - cutRange) * this.#config.windowSamples - (end - start);
    if (!isSpeech || room < 0) return undefined;
    return this.#pace.allowsPartial(this.#newSeconds(end), this.#seconds(room)) ? end : undefined;
  }

  /** Drops audio whose words are final, once there is more than half a window of it. */
  #trim(): void {
    const { windowSamples, sampleRate } = this.#config;
    const { start, length } = this.#buffer;
    if (length < windowSamples / 2) return;
    const cut = this.#text.cutAfter(this.#seconds(start + windowSamples / 6));
    if (cut === undefined) return;
    this.#buffer.dropBefore(Math.min(Math.round(cut * sampleRate), this.#recognisedUntil));
  }

  /** Drops stretches that are final, and of silence that cannot be the start of speech. */
  #dropFinal(): void {
    const final = this.#pending ? [] : this.#ended.filter(({ end }) => end <= this.#buffer.start);
    this.#ended.splice(0, final.length);
    const { speakingSince, silentUntil } = this.#detector;
    const next = this.#ended[0]?.start ?? speakingSince ?? silentUntil;
    const last = final.at(-1);
    if (last) {
      const silence = this.#secondsOf({ start: last.end, end: next });
      this.#events.push(...this.#text.concludeOpen(silence));
    }
    this.#buffer.dropBefore(next);
  }

  /** Between the stretches that have ended before a position. */
  #silencesBefore(position: number): SampleRange[] {
    const stretches = this.#ended.filter(({ end }) => end <= position);
    return stretches.slice(1).map(({ start }, i) => ({ start: stretches[i]!.end, end: start }));
  }

  /** Seconds before a position that no request had. */
  #newSeconds(end: number): number {
    return this.#seconds(Math.max(0, end - Math.max(this.#buffer.start, this.#recognisedUntil)));
  }

  #secondsOf({ start, end }: SampleRange) {
    return { start: this.#seconds(start), end: this.#seconds(end) };
  }

  #seconds(samples: number): number {
    return samples / this.#config.sampleRate;
  }
}
