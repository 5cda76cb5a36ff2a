import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { readManifest } from "../../tools/commands/evaluate-manifest.ts";
import { fwhisper } from "./run-command.ts";

const sample = fileURLToPath(new URL("../../public/samples/numbers.wav", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
  mkdirSync(`${folder}/set/more`, { recursive: true });
  for (const name of ["b.wav", "a.WAV", "more/c.wav"]) {
    copyFileSync(sample, `${folder}/set/${name}`);
  }
  writeFileSync(`${folder}/set/a.txt`, "4072916\n");
  writeFileSync(`${folder}/set/b.txt`, "four oh 72916\n");
  writeFileSync(`${folder}/set/more/c.txt`, "4072916.");
  writeFileSync(`${folder}/set/README.txt`, "No recording.");
  mkdirSync(`${folder}/untold`);
  copyFileSync(sample, `${folder}/untold/a.wav`);
  mkdirSync(`${folder}/empty`);
  writeFileSync(`${folder}/lines.jsonl`, '\n{"audio": "set/b.wav", "text": "4"}\n');
  writeFileSync(`${folder}/missing.jsonl`, '\n{"audio": "set/x.wav", "text": "4"}\n');
  writeFileSync(`${folder}/blank.jsonl`, "\n \n");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a manifest", () => {
  it("is a folder with a text beside each recording, in the order of names", async () => {
    const path = `${folder}/set`;
    expect(await readManifest(path)).toEqual([
      { audio: "a.WAV", path: `${path}/a.WAV`, text: "4072916" },
      { audio: "b.wav", path: `${path}/b.wav`, text: "four oh 72916" },
      { audio: "more/c.wav", path: `${path}/more/c.wav`, text: "4072916." },
    ]);
  });

  it("or JSON lines, with paths relative to it", async () => {
    expect(await readManifest(`${folder}/lines.jsonl`)).toEqual([
      { audio: "set/b.wav", path: `${folder}/set/b.wav`, text: "4" },
    ]);
  });

  it.each([
    ["a recording without its text", "untold", "expected what is said in a.txt"],
    ["a folder without recordings", "empty", "found no audio"],
    ["a recording that is not there", "missing.jsonl", 'line 2: "set/x.wav" cannot be read'],
    ["no line", "blank.jsonl", "found no line"],
    ["nothing", "nowhere", "cannot be read (ENOENT)"],
  ])("is refused: %s", async (_, name, message) => {
    const reading = readManifest(`${folder}/${name}`);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(OptionError);
  });
});

describe("fwhisper evaluate", () => {
  it("reports each recording of a folder, the whole, and how sure that is", async () => {
    const { stdout } = await fwhisper("evaluate", `${folder}/set`, "--json");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      unit: "word",
      normaliser: "none",
      recordings: 3,
      right: 1,
      hits: 1,
      substitutions: 2,
      deletions: 2,
      insertions: 0,
      errorRate: 4 / 5,
      confidenceInterval: { low: 0, high: 1 },
      realTimeFactor: expect.any(Number),
    });
    expect(report.rows[1]).toMatchObject({
      audio: "b.wav",
      expected: "four oh 72916",
      found: "4072916",
      duration: report.duration / 3,
      realTimeFactor: expect.any(Number),
      errors: { hits: 0, substitutions: 1, deletions: 2, insertions: 0 },
      errorRate: 1,
      differences: [
        { kind: "deletion", reference: "four" },
        { kind: "deletion", reference: "oh" },
        { kind: "substitution", reference: "72916", hypothesis: "4072916" },
      ],
    });
  });

  it("prints the same as lines, texts compared without what a normaliser takes away", async () => {
    const { stdout } = await fwhisper(
      ...["evaluate", `${folder}/set`, "--unit", "character", "--normaliser", "english"],
    );
    const factor = expect.stringMatching(/^\d\.\d{4}$/);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split("real-time factor ")[0])).toEqual([
      "a.WAV: 0.00 % (0 of 7), ",
      "b.wav: 12.50 % (1 of 8), ",
      "more/c.wav: 0.00 % (0 of 7), ",
      "2 of 3 recordings right; character error rate 4.55 % (1 of 22), 95 % between 0.00 % and 12.50 %; ",
    ]);
    expect(lines[0]!.split("real-time factor ")[1]).toEqual(factor);
    expect(lines[1]).toContain(': expected "four oh 72916", found "4072916"');
  });

  it("gives no interval for one recording", async () => {
    const { stdout } = await fwhisper("evaluate", `${folder}/lines.jsonl`);
    expect(stdout.split("\n")[1]).toMatch(
      /^0 of 1 recordings right; word error rate 100\.00 % \(1 of 1\); real-time factor \d\.\d{4}$/,
    );
  });

  it("recognises as it is told", async () => {
    const { stdout } = await fwhisper(
      ...["evaluate", `${folder}/lines.jsonl`, "--json", "--beam_size", "2", "--max-tokens", "3"],
    );
    expect(JSON.parse(stdout).rows).toMatchObject([{ found: "407" }]);
  });

  it("refuses how it cannot recognise before it looks at recordings", async () => {
    const { code, stderr } = await fwhisper("evaluate", "nowhere.jsonl", "--best_of", "5");
    expect(code).toBe(2);
    expect(stderr).toContain("--best_of: samples are drawn above temperature 0");
  });

  it("refuses a normaliser it does not know", async () => {
    const { code, stderr } = await fwhisper("evaluate", folder, "--normaliser", "german");
    expect(code).toBe(2);
    expect(stderr).toContain('--normaliser: expected none, basic, english; found "german".');
  });
});
