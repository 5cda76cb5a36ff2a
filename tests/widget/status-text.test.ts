import { describe, expect, it } from "vitest";
import * as errors from "../../src/errors.ts";
import { formatBytes } from "../../src/formats/bytes.ts";
import {
  describeActivity,
  describeFailure,
  describeModel,
  describeTiming,
  meterFraction,
} from "../../src/widget/status-text.ts";
import { download, model, transcript } from "./examples.ts";

describe("describeActivity", () => {
  it("tells file, bytes and origin of a load", () => {
    const status = (file: typeof download) => describeActivity({ phase: "loading", file });
    expect(status(download)).toEqual({
      text: "Loading the model: model.safetensors, 460.0 kB of 1.8 MB (downloading)",
      fraction: 0.25,
    });
    expect(status({ ...download, cached: true }).text).toContain("(kept in this browser)");
    expect(status({ ...download, totalBytes: null })).toEqual({
      text: "Loading the model: model.safetensors, 460.0 kB (downloading)",
      fraction: null,
    });
    expect(status({ ...download, loadedBytes: 0, totalBytes: 0 }).fraction).toBeNull();
  });

  it("tells how long a recording is", () => {
    const recording = { phase: "recording", level: 0, seconds: 3.4 } as const;
    expect(describeActivity(recording)).toEqual({ text: "Recording: 3 s" });
  });

  it("tells how many seconds of a recording are done", () => {
    const begun = { phase: "transcribing", fraction: 0, doneSeconds: 0, totalSeconds: 0 } as const;
    expect(describeActivity(begun).text).toBe("Transcribing …");
    const half = { ...begun, doneSeconds: 29.6, totalSeconds: 75.1 };
    expect(describeActivity(half).text).toBe("Transcribing: 30 s of 75 s");
  });

  it("has a bar for work whose end is in sight, an endless one before that, none otherwise", () => {
    const fraction = (activity: Parameters<typeof describeActivity>[0]) =>
      describeActivity(activity).fraction;
    const transcribing = { phase: "transcribing", doneSeconds: 1, totalSeconds: 2 } as const;
    expect(fraction({ ...transcribing, fraction: 0.5 })).toBe(0.5);
    expect(fraction({ phase: "finishing" })).toBeNull();
    expect(fraction({ phase: "loading", file: null })).toBeNull();
    expect(fraction({ phase: "idle" })).toBeUndefined();
    expect(fraction({ phase: "asking" })).toBeUndefined();
  });
});

it("describeModel tells weights, threads and languages", () => {
  expect(describeModel(null)).toBe("Loaded when first used.");
  expect(describeModel(model)).toBe("Ready: int8 weights, 2 threads.");
  const many = {
    ...model,
    weights: "f32",
    threads: 1,
    isMultilingual: true,
    languages: ["en", "he"],
  } as const;
  expect(describeModel(many)).toBe("Ready: f32 weights, 1 thread, 2 languages.");
});

it("describeTiming gives work, duration and real-time factor", () => {
  expect(describeTiming(transcript.timing, transcript.duration)).toBe(
    "4.5 s of audio in 0.45 s: real-time factor 0.100",
  );
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1_842_248, "1.8 MB"],
  [3_086_000_000, "3.09 GB"],
])("formatBytes(%i) is %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [1, 1],
  [2, 1],
  [0.001, 0],
  [0, 0],
])("meterFraction(%f) is %f", (level, fraction) => {
  expect(meterFraction(level)).toBeCloseTo(fraction, 12);
});

describe("describeFailure", () => {
  it("gives every typed error a title of its kind and its own words", () => {
    const titles = Object.values(errors.errorClasses).map((kind) => {
      const { title, message } = describeFailure(new kind("Expected x, found y. Do z."));
      expect(message).toBe("Expected x, found y. Do z.");
      return title;
    });
    expect(titles).toEqual([
      "That did not work",
      "That cannot be done",
      "This audio cannot be used",
      "This model cannot be used",
      "This model cannot be used",
      "The download failed",
      "This browser's storage failed",
      "This model is too large for this device",
      "The engine stopped",
    ]);
  });

  it("says what to do about the unexpected", () => {
    const { title, message } = describeFailure(new TypeError("x is not a function"));
    expect(title).toBe("Something unexpected happened");
    expect(message).toBe("x is not a function. Reload the page and try again.");
    expect(describeFailure("odd").message).toBe("odd. Reload the page and try again.");
    expect(describeFailure(new Error("")).message).toMatch(/^No reason was given\./);
  });
});
