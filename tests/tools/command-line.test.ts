import { describe, expect, it } from "vitest";
import { parseCommand, takeOption, UsageError } from "../../tools/command-line.ts";

const table = {
  beam_size: { type: "string" },
  "max-tokens": { type: "string", default: "5" },
  output_dir: { type: "string", short: "o" },
  verbose: { type: "boolean" },
  json: { type: "boolean", default: false },
  calibrate: { type: "string", multiple: true },
} as const;
const defaults = { "max-tokens": "5", json: false };

describe("parseCommand", () => {
  it.each<[string, string[], object, string[]?]>([
    ["defaults", [], {}],
    ["underscores or dashes", ["--beam-size", "5"], { beam_size: "5" }],
    ["the other way round", ["--max_tokens=5"], { "max-tokens": "5" }],
    [
      "both in one",
      ["--beam_size", "5", "--max-tokens", "7"],
      { beam_size: "5", "max-tokens": "7" },
    ],
    ["negative numbers", ["--beam_size", "-1.5"], { beam_size: "-1.5" }],
    ["negative numbers without their nought", ["--beam_size", "-.5"], { beam_size: "-.5" }],
    ["a dash alone", ["--beam_size", "-", "-"], { beam_size: "-" }, ["-"]],
    ["nothing at all", ["--beam_size", ""], { beam_size: "" }],
    ["nothing behind its sign", ["--beam_size="], { beam_size: "" }],
    ["a value with underscores", ["--beam_size", "a_b"], { beam_size: "a_b" }],
    ["a value of several lines", ["--beam-size=a\nb_c"], { beam_size: "a\nb_c" }],
    ["a value with a sign", ["--beam-size=a=b"], { beam_size: "a=b" }],
    ["True", ["--verbose", "True", "a.wav"], { verbose: true }, ["a.wav"]],
    ["False", ["--verbose", "False"], { verbose: false }],
    ["true in small letters", ["--verbose", "true"], { verbose: true }],
    ["a flag alone", ["--verbose", "a.wav"], { verbose: true }, ["a.wav"]],
    ["a flag at the end", ["a.wav", "--verbose"], { verbose: true }, ["a.wav"]],
    ["a short flag", ["-o", "a_b"], { output_dir: "a_b" }],
    ["a short flag with a sign", ["-o=c"], { output_dir: "c" }],
    ["a short flag joined to its value", ["-oout"], { output_dir: "out" }],
    ["all after two dashes", ["--", "--beam-size"], {}, ["--beam-size"]],
    [
      "the last of several",
      ["--verbose", "--beam_size=1", "--beam-size=2", "--verbose", "False"],
      { beam_size: "2", verbose: false },
    ],
    [
      "all of a flag that may be given several times",
      ["--calibrate", "a", "--calibrate=b"],
      { calibrate: ["a", "b"] },
    ],
    [
      "recordings between flags",
      ["a.wav", "--beam-size", "-1", "--verbose", "False", "b.wav", "-o", "out"],
      { beam_size: "-1", output_dir: "out", verbose: false },
      ["a.wav", "b.wav"],
    ],
  ])("takes %s", (_, args, values, positionals = []) => {
    const command = parseCommand(args, table);
    expect(command.values).toEqual({ ...defaults, ...values });
    expect(command.positionals).toEqual(positionals);
  });

  it.each([
    ["a flag it does not know", ["--speed", "9"], "--speed"],
    ["a number that is no value", ["--beam_size", "-1.5", "-.5"], "Unknown option '-.'"],
    ["a stranger with underscores", ["--what_is", "a_b"], "--what_is"],
    ["a flag without its value", ["--beam_size"], "--beam_size"],
    ["a flag in place of a value", ["--beam-size", "--json"], "--beam_size"],
    [
      "neither true nor false",
      ["--verbose=yes"],
      '--verbose: expected True or False, found "yes".',
    ],
  ])("refuses %s", (_, args, message) => {
    expect(() => parseCommand(args, table)).toThrow(UsageError);
    expect(() => parseCommand(args, table)).toThrow(message);
  });
});

describe("takeOption", () => {
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
});
