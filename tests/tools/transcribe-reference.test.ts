import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { toSRT, toVTT } from "../../src/formats/captions.ts";
import { toText, toTSV } from "../../src/formats/text.ts";
import type { Segment } from "../../src/results.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";
import { fwhisper } from "./run-command.ts";

interface ReferenceSegment extends Pick<Segment, "id" | "seek" | "start" | "end" | "text"> {
  readonly tokens: number[];
  /** word, start, end, probability */
  readonly words?: readonly (readonly [string, number, number, number])[];
}

const clip = referencePath("audio/jfk.wav");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Segments of a case of transcribe.json, as whisper's writers get them. */
function referenceSegments(model: string, name: string): Segment[] {
  const { cases } = referenceJson(`refs/${model}/transcribe.json`);
  const found = cases.find((each: { name: string }) => each.name === name);
  return found.segments.map(({ words, ...segment }: ReferenceSegment) => ({
    ...segment,
    // The reference lets segments end behind the audio.
    start: Math.min(segment.start, 11),
    end: Math.min(segment.end, 11),
    ...(words && { words: words.map(([word, start, end]) => ({ word, start, end })) }),
  }));
}

/** What the reference tells of a segment; its times have nine significant digits. */
function stored({ id, seek, start, end, text, tokens }: Segment) {
  const [from, to] = [start, end].map((seconds) => Number(seconds.toPrecision(9)));
  return { id, seek, start: from, end: to, text, tokens };
}

const read = (extension: string) => readFileSync(`${folder}/jfk.${extension}`, "utf8");

describeWithReference("fwhisper transcribe, files of openai/whisper", () => {
  it.each([
    ["multi-d32-f16", ["--language", "en", "--temperature", "0"]],
    ["en-d64-f32", ["--temperature", "0"]],
  ])("%s writes the reference's segments", async (model, args) => {
    const segments = referenceSegments(model, "main_clip_alone");
    const { code, stderr } = await fwhisper(
      ...["transcribe", clip, "--model", referencePath(`models/${model}`), ...args],
      ...["--clip_timestamps", "0", "--output_format", "all", "--output_dir", folder],
    );
    expect(stderr).toMatch(/^11\.00 s of audio, /);
    expect(code).toBe(0);
    expect(read("txt")).toBe(toText({ segments }));
    expect(read("srt")).toBe(toSRT({ segments }));
    expect(read("vtt")).toBe(toVTT({ segments }));
    expect(read("tsv")).toBe(toTSV({ segments }));
    const json = JSON.parse(read("json"));
    expect(json.segments.map(stored)).toEqual(segments.map(stored));
    expect(json.text).toBe(segments.map(({ text }) => text).join(""));
  });

  it("captions by words, cut and highlighted", async () => {
    const model = "multi-d32-f16";
    const segments = referenceSegments(model, "main_clip_alone_word_timestamps");
    const { code, stdout, stderr } = await fwhisper(
      ...["transcribe", clip, "--model", referencePath(`models/${model}`), "--language", "en"],
      ...[
        "--temperature",
        "0",
        "--word_timestamps",
        "True",
        "--output_format",
        "srt",
        "--output_dir",
        folder,
      ],
      ...["--max_line_width", "30", "--max_line_count", "2", "--highlight_words", "True"],
      ...["--verbose", "True"],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const captions = { maxLineWidth: 30, maxLineCount: 2, highlightWords: true };
    expect(read("srt")).toBe(toSRT({ segments }, captions));
    const told = segments.filter(({ text }) => text !== "").map(({ text }) => text.trim());
    for (const text of told) expect(stderr).toContain(`] ${text}\n`);
  });
});
