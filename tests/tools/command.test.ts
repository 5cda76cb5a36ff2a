import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { randomF32 } from "../fixtures/random.ts";
import {
  describeWithReference,
  referenceF32,
  referenceJson,
  referencePath,
} from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";
import { fwhisper, onDigits, runTool } from "./run-command.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `inspect` and reads what it wrote. */
async function inspect(...args: string[]) {
  const out = `${folder}/stage.f32`;
  const { code, stdout, stderr } = await fwhisper("inspect", ...args, "--out", out);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const bytes = readFileSync(out);
  const values = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  return { shape: JSON.parse(stdout).shape as number[], values };
}

function writeF32(name: string, values: Float32Array): string {
  const path = `${folder}/${name}`;
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return path;
}

describe("fwhisper transcribe", () => {
  it("prints the text on stdout and the real-time factor on stderr", async () => {
    const { code, stdout, stderr } = await fwhisper("transcribe", sample, ...onDigits);
    expect(code).toBe(0);
    expect(stdout).toBe("4072916\n");
    expect(stderr).toMatch(/^4\.53 s of audio, real-time factor \d\.\d{4}\n$/);
  });

  it("recognises the same on several threads, and ends", async () => {
    const { code, stdout } = await fwhisper("transcribe", sample, "--threads", "2", ...onDigits);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "4072916\n" });
  });

  it("prints the whole result as JSON", async () => {
    const { stdout } = await fwhisper("transcribe", sample, "--json", ...onDigits);
    const transcript = JSON.parse(stdout);
    const times = expect.any(Number);
    expect(transcript).toEqual({
      text: "4072916",
      language: null,
      duration: transcript.duration,
      tokens: [4, 0, 7, 2, 9, 1, 6],
      segments: [
        {
          id: 0,
          seek: 0,
          start: 0,
          end: transcript.duration,
          text: "4072916",
          tokens: [4, 0, 7, 2, 9, 1, 6],
          temperature: 0,
          avgLogProb: expect.any(Number),
          compressionRatio: expect.any(Number),
          noSpeechProb: expect.any(Number),
        },
      ],
      avgLogProb: expect.any(Number),
      noSpeechProb: expect.any(Number),
      timing: { load: times, features: times, encode: times, decode: times, realTimeFactor: times },
    });
  });
});

describe("a folder named as a well-known model", () => {
  it("is meant before the model", async () => {
    symlinkSync(digits, `${folder}/base`);
    const args = ["tokenize", "407", "--model", "base"];
    expect((await runTool("fwhisper.ts", args, { cwd: folder })).stdout).toBe("[4,0,7]\n");
  });
});

describe("fwhisper evaluate", () => {
  it("counts errors over a manifest", async () => {
    const manifest = `${folder}/manifest.jsonl`;
    const rows = [
      { audio: sample, text: "4072916" },
      { audio: sample, text: "407291" },
    ];
    writeFileSync(manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const args = ["evaluate", manifest, "--unit", "character", ...onDigits];
    const { stdout } = await fwhisper(...args, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      recordings: 2,
      right: 1,
      hits: 13,
      insertions: 1,
      errorRate: 1 / 13,
      realTimeFactor: expect.any(Number),
      rows: [{ found: "4072916" }, { expected: "407291" }],
    });
    const text = await fwhisper(...args);
    expect(text.stdout).toContain("1 of 2 recordings right; character error rate 7.69 % (1 of 13)");
  });
});

describe("fwhisper inspect", () => {
  it("writes log-mel, encoder output and logits of the digits model in matching shapes", async () => {
    const frames = Math.floor(Math.floor(4.53 * 8000) / 160);
    const logMel = await inspect(sample, "--stage", "log-mel", "--no-pad", ...onDigits);
    expect(logMel.shape[0]).toBe(40);
    expect(logMel.shape[1]).toBe(frames);
    expect((await inspect(sample, "--stage", "log-mel", ...onDigits)).shape).toEqual([40, 800]);
    const encoder = await inspect(sample, "--stage", "encoder", "--no-pad", ...onDigits);
    expect(encoder.shape).toEqual([Math.ceil(frames / 2), 128]);
    expect(encoder.values).toHaveLength(encoder.shape[0]! * 128);
    const logits = await inspect(
      sample,
      "--stage",
      "logits",
      "--no-pad",
      "--tokens",
      "11,13",
      ...onDigits,
    );
    expect(logits.shape).toEqual([2, 14]);
    const last = Array.from(logits.values.subarray(14));
    expect(last.indexOf(Math.max(...last))).toBe(4);
  });

  it("transforms rows, orthonormal and raw", async () => {
    const input = randomF32(3 * 64, 1);
    const path = writeF32("rows.f32", input);
    const { values, shape } = await inspect(path, "--stage", "fwht", "--n", "64");
    expect(shape).toEqual([3, 64]);
    for (const [n, order] of [
      [64, 64],
      [12, 12],
      [6, 2],
    ] as const) {
      const unit = new Float32Array(n * 2);
      unit[1] = 1;
      const raw = await inspect(
        ...[writeF32("unit.f32", unit), "--stage", "fwht", "--n", `${n}`, "--raw"],
      );
      const nonZero = Array.from(raw.values).filter((x) => Math.abs(x) > 1e-6);
      expect(nonZero).toHaveLength(order);
      for (const x of nonZero) expect(Math.abs(Math.abs(x) - 1)).toBeLessThan(1e-6);
    }
    const again = writeF32("again.f32", values);
    const same = ["--pcm", ...onDigits]; // what every stage may be told
    const back = await inspect(again, "--stage", "fwht", "--n", "64", ...same);
    expect(maxDifference(back.values, input)).toBeLessThan(1e-6);
  });
});

describe("fwhisper tokenize", () => {
  it("prints ids as JSON, and their text", async () => {
    expect((await fwhisper("tokenize", "407", ...onDigits)).stdout).toBe("[4,0,7]\n");
    expect((await fwhisper("tokenize", "", ...onDigits)).stdout).toBe("[]\n");
    expect((await fwhisper("tokenize", "--decode", "4,0,7", ...onDigits)).stdout).toBe("407\n");
  });
});

describe("a model of which only some files are there", () => {
  const copy = (...files: string[]) => {
    const model = mkdtempSync(`${folder}/model-`);
    for (const file of files) copyFileSync(`${digits}/${file}`, `${model}/${file}`);
    return model;
  };

  it("can tokenize with its config and its tokenizer", async () => {
    const model = copy("config.json", "tokenizer.json");
    expect(await fwhisper("tokenize", "407", "--model", model)).toEqual({
      code: 0,
      stdout: "[4,0,7]\n",
      stderr: "",
    });
  });

  it("can give the log-mel with its feature extractor", async () => {
    const model = copy("preprocessor_config.json");
    const { shape } = await inspect(sample, "--stage", "log-mel", "--model", model);
    expect(shape).toEqual([40, 800]);
  });

  it("can give the logits without a tokenizer", async () => {
    const model = copy("config.json", "preprocessor_config.json", "model.safetensors");
    const { shape } = await inspect(
      ...[sample, "--stage", "logits", "--tokens", "11,13", "--model", model],
    );
    expect(shape).toEqual([2, 14]);
  });
});

describeWithReference("the command on the reference", () => {
  const model = (name: string) => ["--model", referencePath(`models/${name}`)];
  const clip = referencePath("audio/jfk.wav");

  const transcribe = async (...args: string[]) => {
    const options = [...model("multi-d32-f16"), "--json", "--language", "en", ...args];
    return JSON.parse((await fwhisper("transcribe", clip, ...options)).stdout);
  };

  it.each([[[]], [["--timestamps", "segment"]]])(
    "transcribes to the same segments, %j",
    async (args) => {
      const { cases } = referenceJson("refs/multi-d32-f16/transcribe.json");
      const expected = cases.find(({ name }: { name: string }) => name === "main_clip_alone");
      const { segments } = await transcribe("--temperature", "0", ...args);
      // The vectors have nine digits, and segments that end behind the audio.
      const time = (seconds: number) => Number(Math.min(seconds, 11).toPrecision(9));
      const facts = (all: { start: number; end: number; tokens: number[] }[]) => {
        return all.map(({ start, end, tokens }) => {
          return { start: time(start), end: time(end), tokens };
        });
      };
      expect(expected.segments.length).toBeGreaterThan(2);
      expect(facts(segments)).toEqual(facts(expected.segments));
    },
  );

  it.each(["--", "-5 degrees", "--help", "--model"])("takes %j for text", async (text) => {
    const before = await fwhisper("tokenize", ...model("multi-d32-f16"), "--", text);
    expect(before.stderr).toBe("");
    const after = await fwhisper(
      "tokenize",
      "--decode",
      JSON.parse(before.stdout).join(),
      ...model("multi-d32-f16"),
    );
    expect(after.stdout).toBe(`${text}\n`);
  });

  it("takes the reference's two dashes for text, wherever they stand", async () => {
    const name = model("multi-d32-f16");
    for (const args of [
      ["--", ...name],
      [...name, "--"],
      ["--", `${name[0]}=${name[1]}`],
    ]) {
      expect((await fwhisper("tokenize", ...args)).stdout).toBe("[918]\n");
    }
  });

  it("gives the reference's log-mel for 80 and 128 bins, from WAV and from raw PCM", async () => {
    const { values, shape } = await inspect(
      ...[clip, ...model("en-d64-f32"), "--stage", "log-mel"],
    );
    expect(shape).toEqual([80, 3000]);
    const timeMajor = referenceLogMel();
    const expected = Float32Array.from({ length: 240_000 }, (_, i) => {
      return timeMajor[(i % 3000) * 80 + Math.floor(i / 3000)]!;
    });
    expect(maxDifference(values, expected)).toBeLessThan(1e-4);

    const pcm = writeF32("jfk.f32", referenceAudio("jfk"));
    const raw = await inspect(
      ...[pcm, "--pcm", ...model("en-d64-f32"), "--stage", "log-mel", "--mels", "128"],
    );
    expect(raw.shape).toEqual([128, 3000]);
    const first = referenceF32("mel/mel128_padded_30s_frames0-32.f32");
    const actual = Float32Array.from({ length: 128 * 32 }, (_, i) => {
      return raw.values[Math.floor(i / 32) * 3000 + (i % 32)]!;
    });
    expect(maxDifference(actual, first)).toBeLessThan(1e-4);
  });

  it("gives the reference's encoder output and logits", async () => {
    const name = "multi-d192-f16-v3";
    const encoder = await inspect(clip, ...model(name), "--stage", "encoder");
    expect(encoder.shape).toEqual([1500, 192]);
    const first = referenceF32(`refs/${name}/encoder_first64.f32`);
    expect(maxDifference(encoder.values.subarray(0, first.length), first)).toBeLessThan(2e-3);
    const { prompt } = referenceJson(`refs/${name}/logits.json`);
    const logits = await inspect(
      ...[clip, ...model(name), "--stage", "logits", "--tokens", prompt.join()],
    );
    expect(logits.shape).toEqual([8, 1909]);
    const last = referenceF32(`refs/${name}/logits_last.f32`);
    expect(maxDifference(logits.values.subarray(7 * 1909), last)).toBeLessThan(2e-3);
  });
});
