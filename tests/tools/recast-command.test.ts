import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recast } from "../../tools/commands/recast.ts";
import type { RecastSummary } from "../../tools/recast/summary.ts";
import { fwhisper, onDigits } from "./run-command.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const [, digits] = onDigits;
const { signal } = new AbortController();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fwhisper-"));
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "model"));
  writeFileSync(join(folder, "model/config.json"), "{}");
  writeFileSync(join(folder, "text.wav"), "What is said.");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("fwhisper recast", () => {
  it("makes a model that hears what the original hears", async () => {
    const out = join(folder, "int4");
    const made = await fwhisper(
      "recast",
      digits,
      out,
      "--weights",
      "int4",
      "--calibrate",
      "none",
      "--json",
    );
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(made.stdout)).toMatchObject({ weights: "int4", rounding: "nearest" });
    const heard = await fwhisper("transcribe", sample, "--model", out);
    expect(heard.stdout).toBe("4072916\n");

    const again = await fwhisper("recast", digits, out);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("--force");
    const twice = await fwhisper("recast", out, join(folder, "twice"));
    expect(twice.code).toBe(1);
    expect(twice.stderr).toContain("Recast the model that it was made from.");
    expect(readdirSync(folder)).not.toContain("twice");
  });

  it("calibrates with a folder of recordings, replaces, and prints a table", async () => {
    const out = join(folder, "int8");
    await fwhisper("recast", digits, out);
    const samples = fileURLToPath(new URL("../fixtures/samples", import.meta.url));
    const made = await fwhisper("recast", digits, out, "--calibrate", samples, "--force");
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^layer +form +bits +bytes +output dB$/m);
    expect(made.stdout).toMatch(/^encoder\.layers\.2\.fc1 +int8 +8\.\d\d +\d+ +[\d.]+$/m);
    expect(made.stdout).toMatch(/int8, rounded with error feedback; weights/);
    expect(made.stdout).toMatch(/^1\.84 MB of weights before, [\d.]+ MB after \(\d+ %\)$/m);
    expect(readdirSync(folder).filter((name) => name.startsWith("int8"))).toEqual(["int8"]);
  });

  it("puts bits where they are measured to matter, and codes them", async () => {
    const calibrated = ["--calibrate", sample, "--json", "--force"];
    const out = join(folder, "coded");
    const made = async (...args: string[]) => {
      const outcome = await fwhisper("recast", digits, out, ...args, ...calibrated);
      return JSON.parse(outcome.stdout) as RecastSummary;
    };
    const small = await made("--coded", "--budget", "560KB");
    expect(small).toMatchObject({ isCoded: true, isGoalMet: true, rounding: "error-feedback" });
    expect(small.bytesAfter).toBeLessThanOrEqual(560_000);
    expect(small.bytesAfter).toBeGreaterThan(530_000);
    expect(new Set(small.layers.map(({ form }) => form))).toEqual(new Set(["coded"]));
    // Not every layer got the same.
    const bits = small.layers.map(({ bits }) => bits);
    expect(Math.max(...bits) - Math.min(...bits)).toBeGreaterThan(1);
    const shares = small.layers.map(({ divergenceShare }) => divergenceShare!);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    expect((await fwhisper("transcribe", sample, "--model", out)).stdout).toBe("4072916\n");

    const near = await made("--coded", "--max-kl", "0.0001");
    expect(near).toMatchObject({ isGoalMet: true });
    expect(near.divergence).toBeLessThanOrEqual(0.0001);
    expect(near.bytesAfter).toBeGreaterThan(small.bytesAfter);
    expect(await made("--coded", "--budget", "20KB")).toMatchObject({ isGoalMet: false });
  }, 240_000);

  it.each([
    ["a budget that is none", [digits, "FOLDER/a", "--budget", "much"], "expected bytes"],
    ["two goals", [digits, "FOLDER/a", "--budget", "1MB", "--max-kl", "1"], "give one of them"],
    ["a divergence below 0", [digits, "FOLDER/a", "--max-kl", "-1"], "nats above 0"],
    [
      "a goal without recordings",
      [digits, "FOLDER/a", "--budget", "1MB", "--calibrate", "none"],
      "leave out --calibrate none",
    ],
    ["no folder", [digits], "MODEL or OUT is missing."],
    ["three paths", [digits, "FOLDER/a", "b"], 'found "b" too'],
    ["an unknown kind", [digits, "FOLDER/a", "--weights", "f32"], "expected int8, int4"],
    ["a model in its place", [digits, "FOLDER/model"], "--force"],
    ["other things in its place", [digits, "FOLDER", "--force"], "Give another path."],
    ["the model itself", ["FOLDER/model", "FOLDER/model", "--force"], "is MODEL itself"],
    ["a wrong recording", [digits, "FOLDER/a", "--calibrate", "FOLDER/text.wav"], "text.wav"],
    ["no recordings", [digits, "FOLDER/a", "--calibrate", "FOLDER/empty"], "found none"],
    ["no model", ["FOLDER/empty", "FOLDER/a"], "config.json"],
  ])("refuses %s", async (_, args, message) => {
    const inFolder = args.map((arg) => arg.replace("FOLDER", folder));
    const before = readdirSync(folder);
    await expect(recast(inFolder, signal)).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(before);
  });

  it("leaves nothing behind when it is stopped", async () => {
    const before = readdirSync(folder);
    const stopped = recast([digits, join(folder, "a")], AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(folder)).toEqual(before);
  });
});
