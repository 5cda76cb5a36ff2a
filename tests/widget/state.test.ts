import { describe, expect, it } from "vitest";
import {
  acceptsAudio,
  initialState,
  isBusy,
  nextState,
  type WidgetEvent,
  type WidgetState,
} from "../../src/widget/state.ts";
import { download, model, transcript } from "./examples.ts";

function after(...events: WidgetEvent[]): WidgetState {
  return events.reduce(nextState, initialState);
}

const failed: WidgetEvent = { type: "failed", failure: { title: "No", message: "Because." } };
const warning: WidgetEvent = {
  type: "load-progress",
  progress: { status: "warning", message: "The store is full." },
};

describe("the state of the element", () => {
  it("follows a load by its files to the model", () => {
    expect(after({ type: "loading" }).activity).toEqual({ phase: "loading", file: null });
    const half = after({ type: "loading" }, { type: "load-progress", progress: download });
    expect(half.activity).toEqual({ phase: "loading", file: download });
    const loaded = nextState(half, { type: "loaded", model });
    expect(loaded).toEqual({ ...initialState, model });
  });

  it("keeps a warning of the load until the next load", () => {
    const warned = after({ type: "loading" }, warning, { type: "loaded", model });
    expect(warned.warning).toBe("The store is full.");
    expect(nextState(warned, { type: "transcribing" }).warning).toBe("The store is full.");
    expect(nextState(warned, { type: "loading" }).warning).toBeNull();
  });

  it("shows the text as it comes, then the transcript", () => {
    const progress = {
      status: "decode",
      fraction: 0.75,
      doneSeconds: 1,
      totalSeconds: 1,
      text: "12",
    } as const;
    const half = after({ type: "transcribing" }, { type: "transcribe-progress", progress });
    expect(half.activity).toEqual({ phase: "transcribing", fraction: 0.75, text: "12" });
    expect(nextState(half, { type: "transcribed", transcript })).toEqual({
      ...initialState,
      transcript,
    });
  });

  it.each<WidgetEvent>([{ type: "transcribing" }, { type: "recording", level: 0, seconds: 0 }])(
    "drops the old transcript at $type",
    (event) => {
      const done = after({ type: "transcribed", transcript });
      expect(nextState(done, event).transcript).toBeNull();
    },
  );

  it.each<WidgetEvent>([{ type: "loading" }, { type: "asking" }, { type: "transcribing" }])(
    "drops the old failure at $type",
    (event) => {
      expect(nextState(after(failed), event).failure).toBeNull();
    },
  );

  it("goes idle when it fails or is cancelled, and keeps the model", () => {
    const working = after({ type: "loaded", model }, { type: "transcribing" });
    expect(nextState(working, { type: "cancelled" })).toEqual({ ...initialState, model });
    expect(nextState(working, failed)).toMatchObject({
      activity: { phase: "idle" },
      model,
      failure: { title: "No" },
    });
  });

  it("lets the model go, not the transcript", () => {
    const done = after({ type: "loaded", model }, { type: "transcribed", transcript });
    expect(nextState(done, { type: "model-let-go" })).toEqual({ ...initialState, transcript });
  });

  it("ignores progress that comes after the end", () => {
    const progress = {
      status: "decode",
      fraction: 1,
      doneSeconds: 1,
      totalSeconds: 1,
      text: "1",
    } as const;
    expect(after({ type: "transcribe-progress", progress })).toEqual(initialState);
    expect(after({ type: "load-progress", progress: download })).toEqual(initialState);
  });

  it("takes new audio while idle or loading only, and can be cancelled unless idle", () => {
    const facts = (...events: WidgetEvent[]) => {
      const state = after(...events);
      return [acceptsAudio(state), isBusy(state)];
    };
    expect(facts()).toEqual([true, false]);
    expect(facts({ type: "loading" })).toEqual([true, true]);
    expect(facts({ type: "asking" })).toEqual([false, true]);
    expect(facts({ type: "recording", level: 0, seconds: 0 })).toEqual([false, true]);
    expect(facts({ type: "transcribing" })).toEqual([false, true]);
  });
});
