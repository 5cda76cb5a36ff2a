import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseCommand, UsageError } from "../../tools/command-line.ts";
import { checkRecordings } from "../../tools/recordings.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const table = {
  word_timestamps: { type: "boolean" },
  temperature: { type: "string" },
  output_dir: { type: "string", short: "o" },
} as const;

function check(...args: string[]): void {
  const { positionals, flagBefore } = parseCommand(args, table);
  checkRecordings(positionals, flagBefore, table);
}

describe("recordings", () => {
  it("are all there", () => {
    expect(() => check(sample, "--word-timestamps", sample, "--temperature", "0")).not.toThrow();
  });

  it.each([
    ["all that are missing", [sample, "a.wav", "b.wav", "a.wav"], '"a.wav", "b.wav".'],
    [
      "what a flag of true or false takes",
      [sample, "--word-timestamps", "Yes"],
      '"Yes". Check the path. "Yes" stands behind --word_timestamps, which takes True or False.',
    ],
    [
      "that a flag takes one value",
      ["--temperature", "0.0", "0.2", "0.4", sample],
      '"0.2", "0.4". Check the path. "0.2" stands behind --temperature, which takes one value.',
    ],
    ["short flags by their names", ["-o", "out", "a.wav"], "behind --output_dir"],
  ])("are refused by %s", (_, args, message) => {
    expect(() => check(...args)).toThrow(UsageError);
    expect(() => check(...args)).toThrow(message);
  });

  it("get no hint where no flag is before them", () => {
    const message = 'There is no recording "a.wav", "--json". Check the path.';
    expect(() => check("a.wav", "--", "--json")).toThrow(new UsageError(message));
  });
});
