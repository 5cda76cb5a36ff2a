import { describe, expect, it } from "vitest";
import {
  acceptsAudio,
  finalSegments,
  initialState,
  isBusy,
  nextState,
  transcriptOf,
  type WidgetEvent,
  type WidgetState,
} from "../../src/widget/state.ts";
import { download, model, segment, transcript } from "./examples.ts";

function after(...events: WidgetEvent[]): WidgetState {
  return events.reduce(nextState, initialState);
}

const failed: WidgetEvent = { type: "failed", failure: { title: "No", message: "Because." } };
const transcribed: WidgetEvent = { type: "transcribed", transcript, language: "he" };
const partial = (text: string): WidgetEvent => {
  return { type: "caption", caption: { status: "partial", text, start: 0 } };
};
const final = (text: string): WidgetEvent => {
  return { type: "caption", caption: { status: "final", segment: segment(text) } };
};
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

  it("follows the work on a recording by its seconds", () => {
    const seconds = { doneSeconds: 3, totalSeconds: 4 };
    const progress = { status: "decode", fraction: 0.75, text: "12", ...seconds } as const;
    const half = after({ type: "transcribing" }, { type: "transcribe-progress", progress });
    expect(half.activity).toEqual({ phase: "transcribing", fraction: 0.75, ...seconds });
  });

  it("shows text as it comes, final and partial, then the transcript", () => {
    const heard = (...events: WidgetEvent[]) => after({ type: "transcribing" }, ...events).heard;
    expect(heard(partial(" 1"))).toMatchObject({ text: "", partial: " 1" });
    expect(heard(partial(" 1"), final(" 12"))).toMatchObject({ text: "12", partial: "" });
    const more = heard(final(" 12"), partial(" 3"), final(" 34"));
    expect(more).toMatchObject({ text: "12 34", partial: "" });
    expect(after(final("12"), transcribed)).toEqual({
      ...initialState,
      transcript,
      heard: { text: "123", last: null, partial: "", language: "he" },
    });
  });

  it("knows the final segments in their order, of text that comes and of a transcript", () => {
    expect(finalSegments(initialState)).toEqual([]);
    const half = after({ type: "transcribing" }, final(" 12"), partial("3"), final(" 34"));
    expect(finalSegments(half)).toEqual([segment(" 12"), segment(" 34")]);
    expect(finalSegments(nextState(half, { type: "cancelled" }))).toHaveLength(2);
    expect(finalSegments(nextState(half, transcribed))).toBe(transcript.segments);
    expect(finalSegments(nextState(half, { type: "transcribing" }))).toEqual([]);
  });

  it("copies nothing of what is final when more comes: a day's segments are many", () => {
    const half = after({ type: "transcribing" }, final(" 12"));
    expect(nextState(half, final(" 34")).heard.last!.before).toBe(half.heard.last);
  });

  it("keeps what is final when it is cancelled or fails, and nothing else", () => {
    const half = after({ type: "transcribing" }, final("12"), partial("3"));
    for (const end of [{ type: "cancelled" }, failed] as const) {
      expect(nextState(half, end).heard).toMatchObject({ text: "12", partial: "" });
      expect(nextState(half, end).transcript).toBeNull();
    }
  });

  it("tells that the machine is slow until there is other audio", () => {
    const slow = { status: "warning", message: "Too slow.", behind: 3 } as const;
    const recording = { type: "recording", level: 0, seconds: 1 } as const;
    const late = after(recording, { type: "caption", caption: slow });
    expect(nextState(late, recording).audioWarning).toBe("Too slow.");
    expect(nextState(late, { type: "transcribing" }).audioWarning).toBeNull();
  });

  it("keeps the text of a recording while it goes on and is finished", () => {
    const recording = { type: "recording", level: 0, seconds: 2 } as const;
    const end = after(transcribed, recording, final("12"), recording, { type: "finishing" });
    expect(end.activity).toEqual({ phase: "finishing" });
    expect(end.heard.text).toBe("12");
  });

  it.each<WidgetEvent>([{ type: "transcribing" }, { type: "recording", level: 0, seconds: 0 }])(
    "drops the old transcript at $type",
    (event) => {
      const done = after(transcribed);
      expect(nextState(done, event)).toMatchObject({ transcript: null, heard: { text: "" } });
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
    const done = after({ type: "loaded", model }, transcribed);
    expect(nextState(done, { type: "model-let-go" })).toEqual(after(transcribed));
  });

  it("ignores progress that comes after the end", () => {
    const seconds = { doneSeconds: 4, totalSeconds: 4 };
    const progress = { status: "decode", fraction: 1, text: "1", ...seconds } as const;
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
    expect(facts({ type: "finishing" })).toEqual([false, true]);
    expect(facts({ type: "transcribing" })).toEqual([false, true]);
  });
});

describe("the transcript of a live stream", () => {
  const { timing } = transcript;
  const done = { status: "done", language: "en", duration: 8, transcript: null, timing } as const;

  it("joins the final pieces of a live stream", () => {
    const segments = [
      segment(" one two", { tokens: [1, 2], avgLogProb: -0.5, noSpeechProb: 0.25 }),
      segment(" three", { tokens: [3], avgLogProb: -0.125, noSpeechProb: 0.125 }),
    ];
    expect(transcriptOf(segments, done)).toEqual({
      text: "one two three",
      language: "en",
      duration: 8,
      tokens: [1, 2, 3],
      segments,
      avgLogProb: (2 * -0.5 - 0.125) / 3,
      noSpeechProb: 0.125,
      timing,
    });
  });

  it("of which there may be none", () => {
    expect(transcriptOf([], done)).toMatchObject({ text: "", avgLogProb: 0, noSpeechProb: 1 });
  });

  it("of which there may be more than a call takes arguments", () => {
    const segments = new Array(200_000).fill(segment(" a", { noSpeechProb: 0.5 }));
    expect(transcriptOf(segments, done)).toMatchObject({ noSpeechProb: 0.5 });
  });
});
