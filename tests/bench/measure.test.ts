import { expect, it, vi } from "vitest";
import { alternate, median, medianRatio, percent, round, spread } from "../../bench/measure.ts";

it("takes the middle value, or the mean of the two", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 9, 2])).toBe(3);
});

it("compares samples run by run", () => {
  // Run 2 was disturbed for both: ratios stay as they are, those of the medians would not.
  expect(medianRatio([2, 20, 3], [1, 10, 1.5])).toBe(2);
});

it("says how far samples lie from their median", () => {
  expect(spread([10, 9, 12])).toBe("-10 / +20 %");
  expect(percent(0.874)).toBe("87 %");
  expect(round(1234.5)).toBe(1230);
});

it("runs works by turns after it has warmed them up", async () => {
  vi.useFakeTimers();
  try {
    const calls: string[] = [];
    const work = (name: string, milliseconds: number) => () => {
      vi.advanceTimersByTime(milliseconds);
      calls.push(name);
    };
    // Long ones are run once to warm up and once a sample, short ones more often.
    const samples = await alternate(2, [work("a", 200), async () => work("b", 5)()]);
    expect(calls.join("")).toMatch(/^ab{30}abbabb$/);
    expect(samples).toEqual([
      [200, 200],
      [5, 5],
    ]);
  } finally {
    vi.useRealTimers();
  }
});
