import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fwhisper, onDigits } from "./run-command.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));

describe("--threads", () => {
  it("recognises the same on several threads, and the command ends", async () => {
    const { code, stdout } = await fwhisper("transcribe", sample, "--threads", "2", ...onDigits);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "4072916\n" });
  });

  it.each(["0", "two", "1.5", ""])('refuses "%s"', async (threads) => {
    const { code, stderr } = await fwhisper("transcribe", sample, "--threads", threads);
    expect(code).toBe(2);
    expect(stderr).toContain(`--threads: expected a whole number from 1, found "${threads}".`);
  });
});

describe("--weights", () => {
  it("refuses what it does not know", async () => {
    const { code, stderr } = await fwhisper("evaluate", "manifest.jsonl", "--weights", "int2");
    expect(code).toBe(2);
    expect(stderr).toContain('--weights: expected f32, int8, int4; found "int2".');
  });

  it("is not for stages without weights", async () => {
    const args = ["inspect", sample, "--stage", "log-mel", "--out", "x", "--weights", "int8"];
    const { code, stderr } = await fwhisper(...args);
    expect(code).toBe(2);
    expect(stderr).toContain("--weights is for --stage encoder, logits; found --stage log-mel.");
  });
});
