import { expect, it } from "vitest";
import { takeOption, UsageError } from "../../tools/command-line.ts";

it.each([
  [["text"], undefined, ["text"]],
  [["--model", "m", "text"], "m", ["text"]],
  [["text", "--model", "m"], "m", ["text"]],
  [["--model=m=n", "text"], "m=n", ["text"]],
  [["--model=", "text"], "", ["text"]],
  [["--model", "m", "--model=text"], "m", ["--model=text"]],
  [["--models", "m"], undefined, ["--models", "m"]],
  [["--", "--model", "m"], "m", ["--"]],
  [["--", "--model=m"], "m", ["--"]],
  [["--", "--model"], undefined, ["--", "--model"]],
  [["--model", "m", "--", "--model=text"], "m", ["--", "--model=text"]],
])("takes --model out of %j", (args, value, rest) => {
  expect(takeOption(args, "model")).toBe(value);
  expect(args).toEqual(rest);
});

it("refuses an option without a value", () => {
  expect(() => takeOption(["text", "--model"], "model")).toThrow(UsageError);
});
