import { describe, expect, it } from "vitest";
import { parseCommand, UsageError } from "../../tools/command-line.ts";
import { outputFlags, parseOutputFlags } from "../../tools/output-flags.ts";
import { checkNames, transcriptPath } from "../../tools/write-transcript.ts";

function parse(args: string[], hasWords = false) {
  return parseOutputFlags(parseCommand(args, outputFlags).values, hasWords);
}

describe("output flags", () => {
  it("write nothing unless they are told", () => {
    expect(parse([])).toBeNull();
    expect(parse(["--highlight_words", "False", "--max_line_width", "None"])).toBeNull();
  });

  it.each([
    [["--output_format", "srt"], { folder: ".", formats: ["srt"], captions: {} }],
    [["-f", "json", "-o", "out"], { folder: "out", formats: ["json"], captions: {} }],
    [
      ["--output-format=all", "--output-dir=out"],
      { folder: "out", formats: ["txt", "vtt", "srt", "tsv", "json"], captions: {} },
    ],
    [
      ["-f", "vtt", "--max_line_width", "42", "--max_line_count", "2", "--highlight_words"],
      {
        folder: ".",
        formats: ["vtt"],
        captions: { maxLineWidth: 42, maxLineCount: 2, highlightWords: true },
      },
    ],
    [
      ["-f", "srt", "--max-words-per-line=3", "--max_line_width=42", "--max_line_count=None"],
      { folder: ".", formats: ["srt"], captions: { maxLineWidth: 42, maxWordsPerLine: 3 } },
    ],
  ])("%j", (args, expected) => {
    expect(parse(args, true)).toEqual(expected);
  });

  it.each([
    [["-f", "doc"], '--output_format: expected txt, vtt, srt, tsv, json, all; found "doc".'],
    [["-o", "out"], "--output_dir is for transcripts written to files: add --output_format"],
    [["--highlight_words"], "--highlight_words is for transcripts written to files"],
    [["-f=txt", "--max_line_width=4"], "--max_line_width is for captions"],
    [["-f", "tsv", "--highlight_words"], "--highlight_words is for captions"],
    [["-f", "srt", "--max_line_count", "2"], "--max_line_count has no effect without"],
    [
      ["-f=srt", "--max_line_count=2", "--max_line_width=9", "--max_words_per_line=2"],
      "--max_words_per_line has no effect with --max_line_width and --max_line_count.",
    ],
    [["-f", "srt", "--max_line_width", "0"], "--max_line_width: expected a whole number from 1"],
  ])("refuse %j", (args, message) => {
    expect(() => parse(args, true)).toThrow(UsageError);
    expect(() => parse(args, true)).toThrow(message);
  });

  it.each(["highlight_words", "max_line_width", "max_line_count", "max_words_per_line"])(
    "refuse --%s without the times of words",
    (flag) => {
      const args = ["-f", "srt", flag === "highlight_words" ? `--${flag}` : `--${flag}=2`];
      expect(() => parse(args)).toThrow(UsageError);
      expect(() => parse(args)).toThrow(`--${flag} requires --word_timestamps True.`);
    },
  );
});

describe("names of files", () => {
  it.each([
    ["talks/a.wav", "out/a.srt"],
    ["a.b.wav", "out/a.b.srt"],
    ["recording", "out/recording.srt"],
    [".hidden", "out/.hidden.srt"],
  ])("%s goes to %s", (recording, expected) => {
    expect(transcriptPath(recording, "out", "srt")).toBe(expected);
  });

  it("must differ", () => {
    const output = { folder: "out", formats: ["srt"], captions: {} } as const;
    expect(() => checkNames(["a/x.wav", "a/y.wav"], output)).not.toThrow();
    expect(() => checkNames(["a/x.wav", "b/x.mp3"], output)).toThrow(UsageError);
    expect(() => checkNames(["a/x.wav", "b/x.mp3"], output)).toThrow(
      "a/x.wav and b/x.mp3 would both be written to out/x.srt.",
    );
  });
});
