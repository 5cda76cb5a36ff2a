import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toJSON } from "../../src/formats/json.ts";
import { fwhisper, onDigits } from "./run-command.ts";

const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const speed = "4\\.53 s of audio, real-time factor \\d\\.\\d{4}\n";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
  for (const name of ["a", "b"]) copyFileSync(sample, `${folder}/${name}.wav`);
  writeFileSync(`${folder}/broken.wav`, "no audio");
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(`${folder}/${name}`, "utf8");

describe("fwhisper transcribe --output_format", () => {
  it("writes every format, in a folder that it makes", async () => {
    const out = `${folder}/new/out`;
    const { code, stdout, stderr } = await fwhisper(
      ...["transcribe", `${folder}/a.wav`, "--output_format", "all", "--output-dir", out, "--json"],
      ...onDigits,
    );
    expect(stderr).toMatch(new RegExp(`^${speed}$`));
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(["a.json", "a.srt", "a.tsv", "a.txt", "a.vtt"]);
    expect(read("new/out/a.txt")).toBe("4072916\n");
    expect(read("new/out/a.srt")).toBe("1\n00:00:00,000 --> 00:00:04,535\n4072916\n\n");
    expect(read("new/out/a.vtt")).toBe("WEBVTT\n\n00:00.000 --> 00:04.535\n4072916\n\n");
    expect(read("new/out/a.tsv")).toBe("start\tend\ttext\n0\t4535\t4072916\n");
    expect(read("new/out/a.json")).toBe(toJSON(JSON.parse(stdout)));
    expect(JSON.parse(read("new/out/a.json"))).toMatchObject({
      text: "4072916",
      segments: [{ id: 0, seek: 0, tokens: [4, 0, 7, 2, 9, 1, 6], temperature: 0 }],
      language: null,
    });
  });

  it("prints nothing then, and tells segments where it is asked to", async () => {
    const { stdout, stderr } = await fwhisper(
      ...["transcribe", `${folder}/a.wav`, "-f", "txt", "-o", folder, "--verbose", "True"],
      ...onDigits,
    );
    expect(stdout).toBe("");
    const segment = "\\[00:00\\.000 --> 00:04\\.535\\] 4072916\n";
    expect(stderr).toMatch(new RegExp(`^${segment}${speed}$`));
    expect(readdirSync(folder).sort()).toEqual(["a.txt", "a.wav", "b.wav", "broken.wav"]);
  });

  it("says which file cannot be written, and writes the others", async () => {
    mkdirSync(`${folder}/a.txt`);
    const { code, stderr } = await fwhisper(
      ...["transcribe", `${folder}/a.wav`, `${folder}/b.wav`, "-f", "txt", "-o", folder],
      ...onDigits,
    );
    expect(stderr).toContain(`${folder}/a.txt cannot be written (EISDIR)`);
    expect(code).toBe(1);
    expect(read("b.txt")).toBe("4072916\n");
  });

  it.each([
    [["-o", "FOLDER/a.wav", "-f", "srt"], 1, "OptionError: --output_dir"],
    [["FOLDER/a.wav", "-f", "srt"], 2, "would both be written to a.srt"],
    // mkdir's own `recursive` never ends there.
    [["-o", "/proc/x/y", "-f", "srt"], 1, "--output_dir /proc/x/y: expected a folder, or a path"],
    [["-f", "srt", "--highlight_words"], 2, "--highlight_words requires --word_timestamps True."],
    [["--best_of=5", "--temperature=0"], 2, "--best_of: samples are drawn above temperature 0"],
  ])("refuses %j before any work", async (args, expected, message) => {
    const inFolder = args.map((arg) => arg.replace("FOLDER", folder));
    const { code, stderr } = await fwhisper("transcribe", `${folder}/a.wav`, ...inFolder);
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });
});

describe("fwhisper transcribe with several recordings", () => {
  it("prints a line for each", async () => {
    const [a, b] = [`${folder}/a.wav`, `${folder}/b.wav`];
    const text = await fwhisper("transcribe", a, b, ...onDigits);
    expect(text.stdout).toBe(`${a}: 4072916\n${b}: 4072916\n`);
    expect(text.stderr).toMatch(new RegExp(`^${a}: ${speed}${b}: ${speed}$`));
    expect(text.code).toBe(0);
    const json = await fwhisper("transcribe", a, b, "--json", ...onDigits);
    expect(
      json.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { audio: a, text: "4072916" },
      { audio: b, text: "4072916" },
    ]);
  });

  it("does not lose one by the failure of another", async () => {
    writeFileSync(`${folder}/empty.wav`, "");
    const [a, broken, empty] = ["a", "broken", "empty"].map((name) => `${folder}/${name}.wav`);
    const { code, stdout, stderr } = await fwhisper("transcribe", broken!, empty!, a!, ...onDigits);
    expect(stdout).toBe(`${a}: 4072916\n`);
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(`^fwhisper: AudioError: ${broken}: The format is not known`),
      expect.stringMatching(`^fwhisper: AudioError: ${empty}: The file is empty`),
      expect.stringMatching(`^${a}: 4.53 s of audio`),
      "fwhisper: FwhisperError: 2 of 3 recordings failed.",
      "",
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ["the model is none", ["--model", "src"], "ModelError"],
    ["the options are impossible", ["--timestamps", "segment", ...onDigits], "OptionError"],
  ])("ends at once when %s", async (_, args, name) => {
    const { code, stdout, stderr } = await fwhisper(
      ...["transcribe", `${folder}/a.wav`, `${folder}/b.wav`, ...args],
    );
    expect(stdout).toBe("");
    expect(stderr).toMatch(new RegExp(`^fwhisper: ${name}: .*\n$`));
    expect(code).toBe(1);
  });
});
