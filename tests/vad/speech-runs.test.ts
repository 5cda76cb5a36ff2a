import { describe, expect, it } from "vitest";
import { type RunLimits, SpeechRuns } from "../../src/vad/speech-runs.ts";

/** Stretches of a line like "..xxx..", "x" for a frame with sound. */
function stretchesOf(line: string, limits: Partial<RunLimits> = {}): string[] {
  const runs = new SpeechRuns({ minSpeech: 3, minSilence: 8, ...limits });
  const found = [...line].map((frame) => runs.push(frame === "x"));
  return [...found, runs.finish()].flatMap((range) =>
    range ? [`${range.start}-${range.end}`] : [],
  );
}

describe("runs of frames", () => {
  it.each([
    ["", []],
    ["........", []],
    ["..xxx..............", ["2-5"]],
    ["xxx", ["0-3"]],
    // too short for speech
    ["..xx............", []],
    ["..xx......xx......xx......", []],
    // pauses of five frames at most lie within a sound
    ["..x.....x........", ["2-9"]],
    ["..x......x........", []],
    // pauses of less than minSilence lie within a stretch
    ["xxx.......xxx........", ["0-13"]],
    ["xxx........xxx........", ["0-3", "11-14"]],
    // what is too short for speech keeps no stretch open
    ["xxx......x........", ["0-3"]],
    ["xxx......x.......xxx", ["0-3", "17-20"]],
    // a sound that began in time, and was speech only later
    ["xxx......xx.x......", ["0-13"]],
  ])("%j", (line, expected) => {
    expect(stretchesOf(line)).toEqual(expected);
  });

  it("tells an end as soon as it is certain", () => {
    const runs = new SpeechRuns({ minSpeech: 2, minSilence: 6 });
    for (const frame of "xx.....") expect(runs.push(frame === "x")).toBeUndefined();
    expect(runs.open).toEqual({ start: 0, end: 2 });
    expect(runs.push(false)).toEqual({ start: 0, end: 2 });
    expect(runs.open).toBeUndefined();
    expect(runs.silentUntil).toBe(8);
    runs.push(true);
    runs.push(false);
    expect(runs.silentUntil).toBe(8);
  });
});
