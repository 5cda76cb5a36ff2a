import { describe, expect, it } from "vitest";
import { parseCommand, UsageError } from "../../tools/command-line.ts";
import { spellFlags } from "../../tools/spell-flags.ts";

const table = {
  beam_size: { type: "string" },
  "max-tokens": { type: "string", default: "5" },
  output_dir: { type: "string", short: "o" },
  verbose: { type: "boolean" },
  json: { type: "boolean", default: false },
} as const;

describe("spellFlags", () => {
  it.each([
    ["underscores or dashes", ["--beam-size", "5"], ["--beam_size=5"]],
    ["the other way round", ["--max_tokens=5"], ["--max-tokens=5"]],
    ["both in one", ["--beam_size", "5", "--max-tokens", "7"], ["--beam_size=5", "--max-tokens=7"]],
    ["negative numbers", ["--beam_size", "-1.5", "-.5"], ["--beam_size=-1.5", "-.5"]],
    ["a dash alone", ["--beam_size", "-"], ["--beam_size=-"]],
    ["nothing at all", ["--beam_size", ""], ["--beam_size="]],
    ["a value with underscores", ["--beam_size", "a_b"], ["--beam_size=a_b"]],
    ["a value of several lines", ["--beam-size=a\nb_c"], ["--beam_size=a\nb_c"]],
    ["a flag whose value is missing", ["--beam-size", "--json"], ["--beam_size", "--json=True"]],
    ["True", ["--verbose", "True", "a.wav"], ["--verbose=True", "a.wav"]],
    ["False", ["--verbose", "False"], ["--verbose=False"]],
    ["true in small letters", ["--verbose", "true"], ["--verbose=true"]],
    ["a flag alone", ["--verbose", "a.wav"], ["--verbose=True", "a.wav"]],
    ["a flag at the end", ["a.wav", "--verbose"], ["a.wav", "--verbose=True"]],
    ["short flags", ["-o", "a_b", "-o=c"], ["--output_dir=a_b", "--output_dir=c"]],
    ["short flags joined to their value as they are", ["-oout"], ["-oout"]],
    ["strangers as they are", ["--what_is", "a_b"], ["--what_is", "a_b"]],
    ["all after two dashes", ["--", "--beam-size"], ["--", "--beam-size"]],
  ])("takes %s", (_, args, expected) => {
    expect(spellFlags(args, table)).toEqual(expected);
  });
});

describe("parseCommand", () => {
  it("gives flags and their defaults by the names of the table", () => {
    const args = ["a.wav", "--beam-size", "-1", "--verbose", "False", "b.wav", "-o", "out"];
    const { values, positionals } = parseCommand(args, table);
    expect(values).toEqual({
      beam_size: "-1",
      "max-tokens": "5",
      output_dir: "out",
      verbose: false,
      json: false,
    });
    expect(positionals).toEqual(["a.wav", "b.wav"]);
  });

  it("lets the last one win", () => {
    const args = ["--verbose", "--beam_size=1", "--beam-size=2", "--verbose", "False"];
    expect(parseCommand(args, table).values).toMatchObject({ beam_size: "2", verbose: false });
  });

  it.each([
    ["a flag it does not know", ["--speed", "9"], "--speed"],
    ["a flag without its value", ["--beam_size"], "--beam_size"],
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
