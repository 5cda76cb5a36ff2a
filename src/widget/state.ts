/** What the element knows, and how events change it. Pure: no DOM, no clock, no engine. */

import type { ModelInfo } from "../model-info.ts";
import type {
  LoadProgress,
  Segment,
  StreamEvent,
  TranscribeProgress,
  Transcript,
} from "../results.ts";

export type FileProgress = Extract<LoadProgress, { status: "download" }>;

/** What is going on now. */
export type Activity =
  | { readonly phase: "idle" }
  /** `file`: the one that is coming; null before the first. */
  | { readonly phase: "loading"; readonly file: FileProgress | null }
  /** The browser asks whether the page may listen. */
  | { readonly phase: "asking" }
  /** `level`: root mean square, 0..1; `seconds` since the start. */
  | { readonly phase: "recording"; readonly level: number; readonly seconds: number }
  /** The recording has ended; the rest of it is recognised. */
  | { readonly phase: "finishing" }
  /** A recording: `fraction` of the work, seconds of audio. */
  | {
      readonly phase: "transcribing";
      readonly fraction: number;
      readonly doneSeconds: number;
      readonly totalSeconds: number;
    };

/** A segment and those before it: what grows for hours is not copied each time. */
interface SegmentLink {
  readonly segment: Segment;
  readonly before: SegmentLink | null;
}

/** The text of the audio at work, or of the last: what there is of it, whether or not it was finished. */
export interface Heard {
  /** Final. */
  readonly text: string;
  /** The last final segment; null before the first, and beside a transcript, which has its own. */
  readonly last: SegmentLink | null;
  /** What follows and may still change. */
  readonly partial: string;
  /** Of the text; null where it is not known, or not yet. */
  readonly language: string | null;
}

/** An error as the element shows it. */
export interface Failure {
  readonly title: string;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

export interface WidgetState {
  readonly activity: Activity;
  /** The model in memory; null before it is loaded. */
  readonly model: ModelInfo | null;
  readonly heard: Heard;
  /** The last result; gone when new work on audio begins. */
  readonly transcript: Transcript | null;
  /** Of the load. */
  readonly warning: string | null;
  /** Of the audio at work, or of the last. */
  readonly audioWarning: string | null;
  readonly failure: Failure | null;
}

export type WidgetEvent =
  | { readonly type: "model-let-go" }
  | { readonly type: "loading" }
  | { readonly type: "load-progress"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly model: ModelInfo }
  | { readonly type: "asking" }
  | { readonly type: "recording"; readonly level: number; readonly seconds: number }
  | { readonly type: "finishing" }
  | { readonly type: "transcribing" }
  | { readonly type: "transcribe-progress"; readonly progress: TranscribeProgress }
  | { readonly type: "caption"; readonly caption: StreamEvent }
  /** `language`: of the text. */
  | {
      readonly type: "transcribed";
      readonly transcript: Transcript;
      readonly language: string | null;
    }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly failure: Failure };

const idle: Activity = { phase: "idle" };
const nothing: Heard = { text: "", last: null, partial: "", language: null };

export const initialState: WidgetState = {
  activity: idle,
  model: null,
  heard: nothing,
  transcript: null,
  warning: null,
  audioWarning: null,
  failure: null,
};

/** The state after `event`. */
export function nextState(state: WidgetState, event: WidgetEvent): WidgetState {
  switch (event.type) {
    case "model-let-go":
      return { ...atRest(state), model: null, warning: null, failure: null };
    case "loading":
      return { ...state, activity: { phase: "loading", file: null }, warning: null, failure: null };
    case "load-progress":
      return afterLoadProgress(state, event.progress);
    case "loaded":
      return { ...state, activity: idle, model: event.model };
    case "asking":
      return { ...state, activity: { phase: "asking" }, failure: null };
    case "recording": {
      const { level, seconds } = event;
      const begun = state.activity.phase === "recording" ? state : withoutAudio(state);
      return { ...begun, activity: { phase: "recording", level, seconds } };
    }
    case "finishing":
      return { ...state, activity: { phase: "finishing" } };
    case "transcribing": {
      const progress = { fraction: 0, doneSeconds: 0, totalSeconds: 0 };
      return {
        ...withoutAudio(state),
        activity: { phase: "transcribing", ...progress },
        failure: null,
      };
    }
    case "transcribe-progress": {
      if (state.activity.phase !== "transcribing") return state;
      const { fraction, doneSeconds, totalSeconds } = event.progress;
      const activity = { phase: "transcribing", fraction, doneSeconds, totalSeconds } as const;
      return { ...state, activity };
    }
    case "caption":
      return afterCaption(state, event.caption);
    case "transcribed": {
      const { transcript, language } = event;
      const heard = { text: transcript.text, last: null, partial: "", language };
      return { ...atRest(state), transcript, heard };
    }
    case "cancelled":
      return atRest(state);
    case "failed":
      return { ...atRest(state), failure: event.failure };
  }
}

/** Nothing is going on; what is final stays. */
function atRest(state: WidgetState): WidgetState {
  return { ...state, activity: idle, heard: { ...state.heard, partial: "" } };
}

function withoutAudio(state: WidgetState): WidgetState {
  return { ...state, heard: nothing, transcript: null, audioWarning: null };
}

function afterLoadProgress(state: WidgetState, progress: LoadProgress): WidgetState {
  switch (progress.status) {
    case "warning":
      return { ...state, warning: progress.message };
    case "download":
      if (state.activity.phase !== "loading") return state;
      return { ...state, activity: { phase: "loading", file: progress } };
    case "ready":
      return state; // "loaded" follows, with the facts
  }
}

function afterCaption(state: WidgetState, caption: StreamEvent): WidgetState {
  const { heard } = state;
  switch (caption.status) {
    case "partial":
      return { ...state, heard: { ...heard, partial: caption.text } };
    case "final": {
      const { segment } = caption;
      const text = heard.text === "" ? segment.text.trimStart() : heard.text + segment.text;
      const last = { segment, before: heard.last };
      return { ...state, heard: { ...heard, text, last, partial: "" } };
    }
    case "warning":
      return { ...state, audioWarning: caption.message };
    case "languageDetected":
      return { ...state, heard: { ...heard, language: caption.language } };
    case "silence":
    case "done":
      return state;
  }
}

/** The final segments of the audio at work, or of the last, in their order. */
export function finalSegments({ transcript, heard }: WidgetState): readonly Segment[] {
  if (transcript !== null) return transcript.segments;
  const segments: Segment[] = [];
  for (let link = heard.last; link !== null; link = link.before) segments.push(link.segment);
  return segments.reverse();
}

/** The transcript of a live stream that has ended, from its final events. */
export function transcriptOf(
  segments: readonly Segment[],
  { language, duration, timing }: Extract<StreamEvent, { status: "done" }>,
): Transcript {
  const tokens = segments.flatMap((segment) => segment.tokens);
  const weighted = segments.reduce((sum, { tokens, avgLogProb }) => {
    return sum + avgLogProb * tokens.length;
  }, 0);
  return {
    text: segments
      .map(({ text }) => text)
      .join("")
      .trim(),
    language,
    duration,
    tokens,
    segments,
    avgLogProb: tokens.length === 0 ? 0 : weighted / tokens.length,
    noSpeechProb: segments.reduce((least, { noSpeechProb }) => Math.min(least, noSpeechProb), 1),
    timing: timing ?? { load: 0, features: 0, encode: 0, decode: 0, realTimeFactor: 0 },
  };
}

/** Whether new audio may be given now; while a model loads it may, and waits for it. */
export function acceptsAudio({ activity }: WidgetState): boolean {
  return activity.phase === "idle" || activity.phase === "loading";
}

/** Whether there is something to cancel. */
export function isBusy({ activity }: WidgetState): boolean {
  return activity.phase !== "idle";
}
