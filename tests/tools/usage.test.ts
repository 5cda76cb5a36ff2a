import { expect, it } from "vitest";
import { decodingFlags, engineFlags } from "../../tools/decoding-flags.ts";
import { outputFlags } from "../../tools/output-flags.ts";
import { usage } from "../../tools/usage.ts";

it.each(Object.keys({ ...decodingFlags, ...outputFlags, ...engineFlags }))(
  "tells of --%s",
  (flag) => {
    expect(usage("transcribe")).toMatch(new RegExp(`--${flag}[ ,]`));
  },
);

it("fits into a terminal", () => {
  for (const line of usage().split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

it("is that of one command, or of all", () => {
  expect(usage("recast")).toMatch(/^Usage: fwhisper recast \[options\]\n\n {2}recast MODEL OUT/);
  expect(usage("recast")).not.toContain("tokenize");
  expect(usage("evaluate")).not.toContain("as above");
  for (const command of ["transcribe AUDIO", "recast MODEL OUT", "tokenize TEXT"]) {
    expect(usage()).toContain(command);
    expect(usage("sing")).toContain(command);
  }
});
