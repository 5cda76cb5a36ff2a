import { expect, it } from "vitest";
import { describeValue } from "../src/describe-value.ts";

const cycle: { self?: unknown } = {};
cycle.self = cycle;

it.each([
  [undefined, "nothing"],
  [null, "null"],
  ["a", '"a"'],
  [[1, "b"], '[1,"b"]'],
  [Number.NaN, "NaN"],
  [-Infinity, "-Infinity"],
  [2n, "2"],
  [() => {}, "function"],
  [cycle, "object"],
  ["x".repeat(58), `"${"x".repeat(58)}"`],
  ["x".repeat(59), `"${"x".repeat(56)}...`],
])("shows %s as %s", (value, text) => {
  expect(describeValue(value)).toBe(text);
  expect(text.length).toBeLessThanOrEqual(60);
});
