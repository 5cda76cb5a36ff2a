import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { readSafetensorsHeader } from "../../src/checkpoint/safetensors.ts";
import { ModelError } from "../../src/errors.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { openAudioFile, readAudioFile } from "../../tools/node/read-audio-file.ts";
import { type RecastOptions, recastModel } from "../../tools/recast/recast.ts";
import type { TensorBytes } from "../../tools/recast/rotated-matrix.ts";
import { safetensorsPieces } from "../../tools/recast/safetensors-pieces.ts";
import {
  logitsOf,
  memorySource,
  randomTensors,
  smallConfig,
  type TestTensor,
  writeSafetensors,
} from "../fixtures/checkpoint.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fwhisper-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function recast(
  source: ModelSource,
  weights: RecastOptions["weights"],
  options: Partial<RecastOptions> = {},
) {
  const out = mkdtempSync(join(folder, "out-"));
  const { signal } = new AbortController();
  const kernels = await instantiateNodeKernels();
  const all = {
    weights,
    isCoded: false,
    recordings: [],
    goal: null,
    signal,
    onProgress: () => {},
    ...options,
  };
  return { out, summary: await recastModel(kernels, source, out, all) };
}

/** A checkpoint in memory as a model of one file, with its config.json. */
function modelOf(tensors: ReadonlyMap<string, TestTensor>, config: object = smallConfig) {
  return memorySource({ "config.json": config, "model.safetensors": writeSafetensors(tensors) });
}

async function fingerprint(source: ModelSource, weights: WeightsKind) {
  const kernels = await instantiateNodeKernels();
  const config = parseModelConfig(await source.json("config.json"));
  const model = await loadModel(kernels, source, config, { weights });
  return (await logitsOf(kernels, model, [3, 10, 7])).flat();
}

/** The tensors in a folder, by name. */
async function tensorsIn(path: string): Promise<Map<string, TensorBytes>> {
  const { stream, byteLength } = (await openModelFolder(path).open("model.safetensors"))!;
  const reader = new ByteReader(stream);
  const tensors = new Map<string, TensorBytes>();
  for (const entry of await readSafetensorsHeader(reader, path, byteLength)) {
    const bytes = (await reader.read(entry.byteLength)).slice();
    tensors.set(entry.name, { entry, bytes });
  }
  await reader.cancel();
  return tensors;
}

/** Name -> dtype and shape of the weights in a folder. */
async function typesIn(path: string): Promise<Map<string, string>> {
  const tensors = [...(await tensorsIn(path)).values()];
  return new Map(
    tensors.map(({ entry }) => [entry.name, `${entry.dtype} ${entry.shape.join("x")}`]),
  );
}

/** Checkpoint files of these tensors, the first `count` in one, and the index that says so. */
function shards<T>(
  tensors: ReadonlyMap<string, T>,
  count: number,
  write: (part: Map<string, T>) => Uint8Array,
) {
  const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const all = [...tensors];
  const map = all.map(([name], i) => [name, names[i < count ? 0 : 1]]);
  return {
    [names[0]]: write(new Map(all.slice(0, count))),
    [names[1]]: write(new Map(all.slice(count))),
    "model.safetensors.index.json": { weight_map: Object.fromEntries(map) },
  };
}

/** Recasts a model and expects what it is when it is rounded while it loads. */
async function expectSameAsLoaded(source: ModelSource, weights: "int8" | "int4") {
  const { out } = await recast(source, weights);
  const expected = await fingerprint(source, weights);
  expect(new Set(expected).size).toBeGreaterThan(0.8 * expected.length);
  expect(await fingerprint(openModelFolder(out), weights)).toEqual(expected);
  return out;
}

/** The `fwhisper` section of a folder's config.json. */
function sectionOf(out: string) {
  return JSON.parse(readFileSync(join(out, "config.json"), "utf8")).fwhisper;
}

const FC1 = "model.encoder.layers.1.fc1";

describe.each(["int8", "int4"] as const)("a model recast to %s", (weights) => {
  it.each(["F32", "F16", "BF16"] as const)("is what %s rounded while loading is", async (dtype) => {
    await expectSameAsLoaded(modelOf(randomTensors(smallConfig, dtype)), weights);
  });

  it("is the digits model rounded while loading", async () => {
    await expectSameAsLoaded(openModelFolder(digits), weights);
  });

  it("comes from shards, an output projection of its own, names without prefix", async () => {
    const config = { ...smallConfig, tie_word_embeddings: false };
    const tensors = randomTensors(smallConfig);
    const embedding = tensors.get("model.decoder.embed_tokens.weight")!;
    tensors.set("proj_out.weight", { ...embedding, values: randomF32(21 * 16, 5) });
    const all = [...tensors].map(([name, tensor]) => {
      return [name.replace(/^model\./, ""), tensor] as const;
    });
    const files = shards(new Map(all), 30, writeSafetensors);
    const source = memorySource({ "config.json": config, ...files });
    const out = await expectSameAsLoaded(source, weights);
    expect([...(await typesIn(out)).keys()]).toContain("proj_out.rotated.weight");
  });

  it.each([1, 40])("loads in shards, %i tensors in the first", async (count) => {
    const { out } = await recast(modelOf(randomTensors(smallConfig)), weights);
    const whole = openModelFolder(out);
    const files = shards(await tensorsIn(out), count, (part) =>
      Buffer.concat([...safetensorsPieces([...part.values()])]),
    );
    const source = memorySource({ "config.json": (await whole.json("config.json"))!, ...files });
    expect(await fingerprint(source, "int8")).toEqual(await fingerprint(whole, "int8"));
  });

  it("keeps its cascade layers", async () => {
    const tensors = randomTensors(smallConfig);
    tensors.delete(`${FC1}.weight`);
    tensors.set(`${FC1}.cascade.scale`, { dtype: "F32", shape: [1, 32], values: randomF32(32, 5) });
    const values = Array.from({ length: 32 }, (_, i) => (i * 7 + 3) % 32);
    tensors.set(`${FC1}.cascade.permutation`, { dtype: "I32", shape: [1, 32], values });
    const source = modelOf(tensors);
    const out = await expectSameAsLoaded(source, weights);
    expect((await typesIn(out)).get(`${FC1}.cascade.scale`)).toBe("F32 1x32");
  });

  it("tells its sizes and ratios", async () => {
    const { out, summary } = await recast(modelOf(randomTensors(smallConfig)), weights);
    const before = writeSafetensors(randomTensors(smallConfig)).length;
    const after = readFileSync(join(out, "model.safetensors")).length;
    expect(summary).toMatchObject({
      weights,
      rounding: "nearest",
      bytesBefore: before,
      bytesAfter: after,
      isCoded: false,
      divergence: null,
      total: { outputsDb: null },
    });
    expect(summary.total.weightsDb).toBeGreaterThan(weights === "int8" ? 40 : 18);
    expect(summary.total.weightsDb).toBeLessThan(weights === "int8" ? 55 : 27);
    expect(summary.layers).toHaveLength(2 * 6 + 10 + 1);
    expect(summary.layers.map(({ name }) => name)).toContain("encoder.layers.1.self_attn.q_proj");
  });

  it("has better logits when calibrated", async () => {
    const source = openModelFolder(digits);
    const exact = await logitsOfSample(source, "f32");
    const ratioOf = async (out: string) => {
      return signalToNoise(await logitsOfSample(openModelFolder(out), weights), exact);
    };
    const nearest = await recast(source, weights);
    const calibrated = await recast(source, weights, { recordings: [await openAudioFile(sample)] });
    const gain = (await ratioOf(calibrated.out)) - (await ratioOf(nearest.out));
    // With int8 what is left is mostly the rounding of activations.
    expect(gain).toBeGreaterThan(weights === "int8" ? 0.5 : 4);
    const { rounding, total } = calibrated.summary;
    expect(rounding).toBe("error-feedback");
    expect(total.outputsDb! - total.weightsDb).toBeGreaterThan(5);
    expect(sectionOf(calibrated.out).recast).toMatchObject({
      weights,
      rounding: "error-feedback",
      calibration_recordings: 1,
    });
  });
});

/** Logits of what is said in the bundled sample. */
async function logitsOfSample(source: ModelSource, weights: WeightsKind) {
  const kernels = await instantiateNodeKernels();
  const { config, features } = await describeModel(source);
  const model = await loadModel(kernels, source, config, { weights });
  const samples = await readAudioFile(sample, features.sampleRate);
  const logMel = computeLogMel(kernels, samples, features, { padTo: "none" });
  const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
  const tokens = [11, 13, 4, 0, 7, 2, 9, 1, 6];
  return new DecodingState(model.decoder, audio, { logitRows: tokens.length })
    .feed(tokens, [...tokens.keys()])
    .flatMap(({ values }) => [...values]);
}

it("a model that was rotated without signs is refused with the advice to recast", async () => {
  const { out } = await recast(modelOf(randomTensors(smallConfig)), "int8");
  const path = join(out, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, fwhisper: { ...config.fwhisper, format: 1 } }));
  const error = await fingerprint(openModelFolder(out), "int8").catch((reason) => reason);
  expect(error).toBeInstanceOf(ModelError);
  expect(error.message).toMatch(/fwhisper\.format.*expected 2.*found 1.*Recast the model/);
});

describe("the folder of a recast model", () => {
  it("has every small file as it was, and says in config.json what was done", async () => {
    const small = {
      "generation_config.json": '{ "no_timestamps_token_id":  13 }',
      "tokenizer.json": "{}",
      "merges.txt": "a b\n",
      "README.md": "# A model\n",
    };
    const bytes = Object.entries(small).map(([name, text]) => [name, Buffer.from(text)]);
    const config = {
      ...smallConfig,
      torch_dtype: "float32",
      fwhisper: { format: 1, encoder_context: "trimmed", note: "kept" },
    };
    const source = memorySource({
      "config.json": config,
      "model.safetensors": writeSafetensors(randomTensors(smallConfig)),
      ...Object.fromEntries(bytes),
    });
    // memorySource tells the JSON of a file by its object; recast reads the generation's too.
    const { out } = await recast(
      { ...source, json: async (file) => (file === "config.json" ? config : null) },
      "int8",
    );
    expect(readdirSync(out).sort()).toEqual(
      [...Object.keys(small), "config.json", "model.safetensors"].sort(),
    );
    for (const [name, text] of Object.entries(small)) {
      expect(readFileSync(join(out, name), "utf8")).toBe(text);
    }
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8"))).toEqual({
      ...config,
      fwhisper: { ...config.fwhisper, format: 2, recast: { weights: "int8", rounding: "nearest" } },
    });
  });

  it("has a section of its own where config.json had none", async () => {
    const { out } = await recast(modelOf(randomTensors(smallConfig)), "int4");
    expect(sectionOf(out)).toEqual({ format: 2, recast: { weights: "int4", rounding: "nearest" } });
  });

  it("has codes, scales, 16-bit floats, and nothing that Whisper does not use", async () => {
    const tensors = randomTensors(smallConfig);
    const embedding = tensors.get("model.decoder.embed_tokens.weight")!;
    tensors.set("proj_out.weight", embedding);
    tensors.set("counter", { dtype: "I64", shape: [], values: [5] });
    const int8 = await typesIn((await recast(modelOf(tensors), "int8")).out);
    const int4 = await typesIn((await recast(modelOf(tensors), "int4")).out);
    expect(int8.get(`${FC1}.rotated.weight`)).toBe("I8 32x16");
    expect(int8.get(`${FC1}.rotated.scale`)).toBe("F32 32");
    expect(int8.get(`${FC1}.bias`)).toBe("F16 32");
    expect(int4.get("model.encoder.layers.0.fc2.rotated.weight")).toBe("U8 16x16");
    expect(int4.get("model.encoder.layers.0.fc2.rotated.scale")).toBe("F16 16x1");
    // As when a model is rounded to int4 while it loads.
    expect(int4.get("model.decoder.embed_tokens.rotated.weight")).toBe("I8 21x16");
    for (const names of [int8, int4]) {
      expect(names.size).toBe(tensors.size - 2 + 2 * 6 + 10 + 1);
      for (const name of ["proj_out.weight", "counter", `${FC1}.weight`]) {
        expect(names.has(name)).toBe(false);
      }
    }
    const brain = await recast(modelOf(randomTensors(smallConfig, "BF16")), "int8");
    expect((await typesIn(brain.out)).get(`${FC1}.bias`)).toBe("BF16 32");
  });
});

describe("recastModel refuses", () => {
  async function refusal(source: ModelSource) {
    const error = await recast(source, "int8").catch((reason) => reason);
    expect(error).toBeInstanceOf(ModelError);
    return error as ModelError;
  }
  function edited(edit: (tensors: Map<string, TestTensor>) => void): ModelSource {
    const tensors = randomTensors(smallConfig);
    edit(tensors);
    return modelOf(tensors);
  }

  it("a model that was recast already", async () => {
    const { out } = await recast(modelOf(randomTensors(smallConfig)), "int4");
    const { message, details } = await refusal(openModelFolder(out));
    expect(details).toMatchObject({ file: "model.safetensors", found: "rotated weights" });
    expect(message).toContain("Recast the model that it was made from.");
  });

  it("a matrix that is not there", async () => {
    const { details } = await refusal(edited((tensors) => tensors.delete(`${FC1}.weight`)));
    expect(details).toMatchObject({ tensor: `${FC1}.weight`, found: "nothing" });
  });

  it("a matrix of another shape or type", async () => {
    const change = (change: Partial<TestTensor>) =>
      edited((tensors) => {
        const name = `${FC1}.weight`;
        tensors.set(name, { ...tensors.get(name)!, ...change });
      });
    expect((await refusal(change({ shape: [16, 32] }))).details).toMatchObject({
      expected: "shape [32, 16]",
    });
    expect((await refusal(change({ dtype: "I32" }))).details).toMatchObject({ found: "I32" });
  });

  it("numbers that are none, or too large for float16", async () => {
    const set = (name: string, value: number) =>
      edited((tensors) => {
        const values = Array.from(tensors.get(name)!.values);
        values[3] = value;
        tensors.set(name, { ...tensors.get(name)!, values });
      });
    const weight = `${FC1}.weight`;
    expect((await refusal(set(weight, Number.NaN))).details.tensor).toBe(weight);
    expect((await refusal(set(weight, Number.POSITIVE_INFINITY))).details.tensor).toBe(weight);
    const norm = "model.encoder.layer_norm.weight";
    expect((await refusal(set(norm, 65536))).details).toMatchObject({
      tensor: norm,
      found: "65536",
    });
    await recast(set(norm, 65504), "int8");
  });

  it("numbers that are none before it listens to recordings", async () => {
    const files = mkdtempSync(join(folder, "broken-"));
    cpSync(digits, files, { recursive: true });
    const path = join(files, "model.safetensors");
    const bytes = readFileSync(path);
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, start).toString());
    bytes.writeUInt16LE(0x7e00, start + header[`${FC1}.weight`].data_offsets[0]); // not a number
    writeFileSync(path, bytes);
    const told: string[] = [];
    const options = {
      recordings: [await openAudioFile(sample)],
      onProgress: (text: string) => told.push(text),
    };
    const error = await recast(openModelFolder(files), "int8", options).catch((reason) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect(error.details).toMatchObject({ file: "model.safetensors", tensor: `${FC1}.weight` });
    expect(told.filter((text) => text.startsWith("calibrate"))).toEqual([]);
  });

  it("a file that is cut off", async () => {
    const bytes = writeSafetensors(randomTensors(smallConfig)).slice(0, -40);
    const files = { "config.json": smallConfig, "model.safetensors": bytes };
    for (const withLength of [true, false]) {
      const { details } = await refusal(memorySource(files, { withLength }));
      expect(details.tensor).toBe("model.decoder.layer_norm.bias");
    }
  });

  it("a folder that is no model", async () => {
    expect((await refusal(memorySource({}))).details).toMatchObject({ expected: "config.json" });
  });
});

it("recastModel stops on an abort", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const onProgress = (text: string) => {
    if (text.includes(FC1)) controller.abort(reason);
  };
  const source = modelOf(randomTensors(smallConfig));
  await expect(recast(source, "int8", { signal: controller.signal, onProgress })).rejects.toBe(
    reason,
  );
});
