import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { readManifest } from "../../tools/commands/evaluate-manifest.ts";
import { fwhisper, onDigits } from "./run-command.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
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
  writeFileSync(`${folder}/marked.jsonl`, '\ufeff{"audio": "set/b.wav", "text": "4"}\n');
  writeFileSync(`${folder}/sixteen.jsonl`, '\ufeff{"audio": "set/b.wav"}', "utf16le");
  writeFileSync(`${folder}/zeros`, new Uint8Array(100));
  writeFileSync(`${folder}/broken.wav`, "no audio");
  const lines = (...rows: (readonly [audio: string, text: string])[]) => {
    return rows.map(([audio, text]) => `${JSON.stringify({ audio, text })}\n`).join("");
  };
  writeFileSync(
    `${folder}/broken.jsonl`,
    lines(["set/b.wav", "4072916"], ["broken.wav", "4"], ["set/a.WAV", "4072916"]),
  );
  writeFileSync(`${folder}/hopeless.jsonl`, lines(["broken.wav", "4"]));
  writeFileSync(`${folder}/silent.jsonl`, lines(["set/a.WAV", ""], ["set/b.wav", "4072916"]));
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

  it("may begin with a byte order mark", async () => {
    expect(await readManifest(`${folder}/marked.jsonl`)).toEqual([
      { audio: "set/b.wav", path: `${folder}/set/b.wav`, text: "4" },
    ]);
  });

  it.each(["set/b.wav", "sixteen.jsonl", "zeros"])(
    "is text in UTF-8, which %s is not",
    async (name) => {
      await expect(readManifest(`${folder}/${name}`)).rejects.toThrow(
        `${folder}/${name}: expected a manifest, found no text in UTF-8. A manifest is JSON lines of {"audio": "file.wav", "text": "what is said"}, or a folder with a .txt beside each recording.`,
      );
    },
  );

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
    const { stdout } = await fwhisper("evaluate", `${folder}/set`, ...onDigits, "--json");
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
      ...[
        "evaluate",
        `${folder}/set`,
        ...onDigits,
        "--unit",
        "character",
        "--normaliser",
        "english",
      ],
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
    const { stdout } = await fwhisper("evaluate", `${folder}/lines.jsonl`, ...onDigits);
    expect(stdout.split("\n")[1]).toMatch(
      /^0 of 1 recordings right; word error rate 100\.00 % \(1 of 1\); real-time factor \d\.\d{4}$/,
    );
  });

  it("goes on without a recording that is broken, and tells it at the end", async () => {
    const text = await fwhisper("evaluate", `${folder}/broken.jsonl`, ...onDigits);
    expect(text.stdout.replace(/ \d\.\d{4}/g, "").split("\n")).toEqual([
      "set/b.wav: 0.00 % (0 of 1), real-time factor",
      "set/a.WAV: 0.00 % (0 of 1), real-time factor",
      "2 of 2 recordings right, 1 more failed; word error rate 0.00 % (0 of 2), 95 % between 0.00 % and 0.00 %; real-time factor",
      "",
    ]);
    expect(text.stderr.split("\n")).toEqual([
      expect.stringContaining(`AudioError: ${folder}/broken.wav: The format is not known`),
      "fwhisper: FwhisperError: 1 of 3 recordings failed.",
      "",
    ]);
    expect(text.code).toBe(1);

    const json = await fwhisper("evaluate", `${folder}/broken.jsonl`, ...onDigits, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      recordings: 2,
      right: 2,
      failed: 1,
      hits: 2,
      rows: [{ audio: "set/b.wav" }, { audio: "set/a.WAV" }],
      failures: [{ audio: "broken.wav", error: expect.stringContaining("AudioError: ") }],
    });
    expect(json.code).toBe(1);
  });

  it("gives no rate where every recording fails", async () => {
    const text = await fwhisper("evaluate", `${folder}/hopeless.jsonl`, ...onDigits);
    expect(text.stdout).toBe(
      "0 of 0 recordings right, 1 more failed; word error rate n/a (0 of 0); real-time factor n/a\n",
    );
    const { stdout } = await fwhisper(
      "evaluate",
      `${folder}/hopeless.jsonl`,
      ...onDigits,
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ errorRate: null, realTimeFactor: null, rows: [] });
  });

  it("gives no rate where nothing is said, but counts what was heard", async () => {
    const text = await fwhisper("evaluate", `${folder}/silent.jsonl`, ...onDigits);
    expect(text.stdout).toMatch(
      /^set\/a\.WAV: n\/a \(1 of 0\), .*: expected "", found "4072916"\n/,
    );
    expect(text.stdout).toContain(
      "1 of 2 recordings right; word error rate 100.00 % (1 of 1), 95 % between 0.00 % and 100.00 %;",
    );
    expect(text.code).toBe(0);
    const { stdout } = await fwhisper("evaluate", `${folder}/silent.jsonl`, ...onDigits, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      insertions: 1,
      errorRate: 1,
      rows: [{ errorRate: null, errors: { hits: 0, insertions: 1 } }, { errorRate: 0 }],
    });
  });

  it("recognises as it is told", async () => {
    const { stdout } = await fwhisper(
      ...[
        "evaluate",
        `${folder}/lines.jsonl`,
        ...onDigits,
        "--json",
        "--beam_size",
        "2",
        "--max-tokens",
        "3",
      ],
    );
    expect(JSON.parse(stdout).rows).toMatchObject([{ found: "407" }]);
  });

  it("refuses how it cannot recognise before it looks at recordings", async () => {
    const { code, stderr } = await fwhisper(
      "evaluate",
      "nowhere.jsonl",
      "--best_of=5",
      "--temperature=0",
    );
    expect(code).toBe(2);
    expect(stderr).toContain("--best_of: samples are drawn above temperature 0");
  });

  it("refuses a normaliser it does not know", async () => {
    const { code, stderr } = await fwhisper("evaluate", folder, "--normaliser", "german");
    expect(code).toBe(2);
    expect(stderr).toContain('--normaliser: expected none, basic, english; found "german".');
  });
});
