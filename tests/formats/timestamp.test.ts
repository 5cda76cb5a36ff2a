import { describe, expect, it } from "vitest";
import { formatTimestamp, milliseconds } from "../../src/formats/timestamp.ts";

describe("formatTimestamp", () => {
  it.each([
    [0, "00:00.000", "00:00:00,000"],
    [1.5, "00:01.500", "00:00:01,500"],
    [59.9996, "01:00.000", "00:01:00,000"],
    [3599.999, "59:59.999", "00:59:59,999"],
    [3599.9996, "01:00:00.000", "01:00:00,000"],
    [360_000, "100:00:00.000", "100:00:00,000"],
  ])("%s s", (seconds, short, long) => {
    expect(formatTimestamp(seconds, { alwaysHours: false, decimalMarker: "." })).toBe(short);
    expect(formatTimestamp(seconds, { alwaysHours: true, decimalMarker: "," })).toBe(long);
  });
});

describe("milliseconds", () => {
  it.each([
    [0.0005, 0],
    [0.0015, 2],
    [0.0025, 2],
    [0.0035, 4], // 3.5 ms exactly, as 0.0035 * 1000 is in floating point
    [1.00051, 1001],
    [4.6, 4600],
  ])("rounds %s s half to even", (seconds, expected) => {
    expect(milliseconds(seconds)).toBe(expected);
  });
});
