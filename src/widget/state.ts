/** What the element knows, and how events change it. Pure: no DOM, no clock, no engine. */

import type { ModelInfo } from "../../worker/protocol.ts";
import type { LoadProgress, TranscribeProgress, Transcript } from "../results.ts";
import type { Failure } from "./failure.ts";

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
  | { readonly phase: "transcribing"; readonly fraction: number; readonly text: string };

export interface WidgetState {
  readonly activity: Activity;
  /** The model in memory; null before it is loaded. */
  readonly model: ModelInfo | null;
  /** The last result; gone when new work on audio begins. */
  readonly transcript: Transcript | null;
  readonly warning: string | null;
  readonly failure: Failure | null;
}

export type WidgetEvent =
  | { readonly type: "model-let-go" }
  | { readonly type: "loading" }
  | { readonly type: "load-progress"; readonly progress: LoadProgress }
  | { readonly type: "loaded"; readonly model: ModelInfo }
  | { readonly type: "asking" }
  | { readonly type: "recording"; readonly level: number; readonly seconds: number }
  | { readonly type: "transcribing" }
  | { readonly type: "transcribe-progress"; readonly progress: TranscribeProgress }
  | { readonly type: "transcribed"; readonly transcript: Transcript }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly failure: Failure };

const idle: Activity = { phase: "idle" };

export const initialState: WidgetState = {
  activity: idle,
  model: null,
  transcript: null,
  warning: null,
  failure: null,
};

/** The state after `event`. */
export function nextState(state: WidgetState, event: WidgetEvent): WidgetState {
  switch (event.type) {
    case "model-let-go":
      return { ...state, activity: idle, model: null, warning: null, failure: null };
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
      return { ...state, activity: { phase: "recording", level, seconds }, transcript: null };
    }
    case "transcribing": {
      const activity = { phase: "transcribing", fraction: 0, text: "" } as const;
      return { ...state, activity, transcript: null, failure: null };
    }
    case "transcribe-progress": {
      if (state.activity.phase !== "transcribing") return state;
      const { fraction, text } = event.progress;
      return { ...state, activity: { phase: "transcribing", fraction, text } };
    }
    case "transcribed":
      return { ...state, activity: idle, transcript: event.transcript };
    case "cancelled":
      return { ...state, activity: idle };
    case "failed":
      return { ...state, activity: idle, failure: event.failure };
  }
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

/** Whether new audio may be given now; while a model loads it may, and waits for it. */
export function acceptsAudio({ activity }: WidgetState): boolean {
  return activity.phase === "idle" || activity.phase === "loading";
}

/** Whether there is something to cancel. */
export function isBusy({ activity }: WidgetState): boolean {
  return activity.phase !== "idle";
}
