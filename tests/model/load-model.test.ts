import { describe, expect, it } from "vitest";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { MemoryLimitError, ModelError } from "../../src/errors.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import {
  joinSafetensors,
  logitsOf,
  memorySource,
  randomTensors,
  smallConfig,
  type TestTensor,
  writeSafetensors,
} from "../fixtures/checkpoint.ts";
import { randomF32 } from "../fixtures/random.ts";

const FC1 = "model.encoder.layers.1.fc1.weight";

async function load(
  files: Record<string, Uint8Array | object>,
  config: typeof smallConfig = smallConfig,
  options?: Parameters<typeof memorySource>[1],
) {
  const kernels = await instantiateNodeKernels();
  const source = memorySource(files, options);
  const model = await loadModel(kernels, source, parseModelConfig(config));
  return { kernels, model, source };
}

async function fingerprint(files: Record<string, Uint8Array | object>, config = smallConfig) {
  const { kernels, model } = await load(files, config);
  return logitsOf(kernels, model, [3, 20, 7]);
}

/** The error of a damaged checkpoint. */
async function failure(files: Record<string, Uint8Array | object>, withLength = true) {
  const kernels = await instantiateNodeKernels();
  const source = memorySource(files, { withLength });
  const error = await loadModel(kernels, source, parseModelConfig(smallConfig)).catch((e) => e);
  expect(error).toBeInstanceOf(ModelError);
  return { error: error as ModelError, source };
}

function edited(edit: (tensors: Map<string, TestTensor>) => void) {
  const tensors = randomTensors(smallConfig);
  edit(tensors);
  return { "model.safetensors": writeSafetensors(tensors) };
}

describe("loadModel", () => {
  const whole = { "model.safetensors": writeSafetensors(randomTensors(smallConfig)) };

  it("gives the same network from F32, F16 and BF16", async () => {
    const expected = await fingerprint(whole);
    expect(new Set(expected.flat()).size).toBeGreaterThan(50);
    for (const dtype of ["F16", "BF16"] as const) {
      const file = writeSafetensors(randomTensors(smallConfig, dtype));
      expect(await fingerprint({ "model.safetensors": file })).toEqual(expected);
    }
  });

  it("does not care for the order of tensors, strangers among them, or the prefix", async () => {
    const shuffled = [...randomTensors(smallConfig)].reverse();
    const renamed = new Map<string, TestTensor>(
      shuffled.map(([name, tensor]) => [name.replace(/^model\./, ""), tensor]),
    );
    renamed.set("proj_out.bias", { dtype: "F32", shape: [3], values: [1, 2, 3] });
    renamed.set("counter", { dtype: "I64", shape: [], values: [5] });
    const files = { "model.safetensors": writeSafetensors(renamed) };
    expect(await fingerprint(files)).toEqual(await fingerprint(whole));
  });

  it("reads shards by their index", async () => {
    const tensors = [...randomTensors(smallConfig)];
    const half = Math.floor(tensors.length / 2);
    const shards = [tensors.slice(0, half), tensors.slice(half)];
    const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const weight_map = Object.fromEntries(
      shards.flatMap((shard, i) => shard.map(([name]) => [name, names[i]!])),
    );
    const files = {
      "model.safetensors.index.json": { metadata: {}, weight_map },
      [names[0]!]: writeSafetensors(new Map(shards[0])),
      [names[1]!]: writeSafetensors(new Map(shards[1])),
    };
    expect(await fingerprint(files)).toEqual(await fingerprint(whole));
    const { [names[1]!]: _, ...incomplete } = files;
    const missing = await failure(incomplete);
    expect(missing.error.message).toContain(`expected ${names[1]}`);
    expect(missing.error.message).not.toContain("convert");
    const moved = { ...files, [names[1]!]: writeSafetensors(new Map(shards[1]!.slice(1))) };
    const { error } = await failure(moved);
    const [tensor] = shards[1]![0]!;
    expect(error.details).toMatchObject({ file: names[1], tensor, found: "nothing" });
    expect(error.message).not.toContain("otated");
  });

  it("refuses an index that points outside the folder", async () => {
    const weight_map = { a: "../secret.safetensors" };
    const { error } = await failure({ "model.safetensors.index.json": { weight_map } });
    expect(error.details).toMatchObject({ tensor: "a", found: '"../secret.safetensors"' });
  });

  it("uses an output projection of its own where the config says so", async () => {
    const tensors = randomTensors(smallConfig);
    const embedding = tensors.get("model.decoder.embed_tokens.weight")!;
    const negated = Array.from(embedding.values, (x) => -x);
    tensors.set("proj_out.weight", { ...embedding, values: negated });
    const untied = { ...smallConfig, tie_word_embeddings: false };
    const files = { "model.safetensors": writeSafetensors(tensors) };
    const expected = (await fingerprint(whole)).map((row) => row.map((x) => -x));
    expect(await fingerprint(files, untied)).toEqual(expected);
  });

  it("closes the stream, read to its end or not", async () => {
    expect((await load(whole)).source.closed).toEqual(["model.safetensors"]);
    const broken = edited((tensors) => tensors.delete(FC1));
    expect((await failure(broken)).source.closed).toEqual(["model.safetensors"]);
  });

  it("stops on an abort", async () => {
    const source = memorySource(whole);
    const kernels = await instantiateNodeKernels();
    const reason = new Error("stop");
    const loading = loadModel(kernels, source, parseModelConfig(smallConfig), {
      signal: AbortSignal.abort(reason),
    });
    await expect(loading).rejects.toBe(reason);
  });

  it("says before reading tensors that a model is too large for 32-bit memory", async () => {
    const huge = { ...smallConfig, vocab_size: 2 ** 27 };
    await expect(load(whole, huge)).rejects.toBeInstanceOf(MemoryLimitError);
  });
});

describe("damaged checkpoints", () => {
  const header = (entries: object, data = 16) => ({
    "model.safetensors": joinSafetensors(JSON.stringify(entries), [new Uint8Array(data)]),
  });
  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => {
    return { dtype: "F32", shape, data_offsets: [begin, end] };
  };

  const changedTo = (change: Partial<TestTensor>) =>
    edited((tensors) => tensors.set(FC1, { ...tensors.get(FC1)!, ...change }));
  const file = (...bytes: number[]) => {
    const whole = new Uint8Array(Math.max(100, bytes.length));
    whole.set(bytes);
    return { "model.safetensors": whole };
  };
  const truncated = writeSafetensors(randomTensors(smallConfig)).slice(0, -40);
  const name = "model.safetensors";

  it.each<[string, Record<string, Uint8Array>, object, message?: string]>([
    ["no safetensors file", {}, { file: name }, "save_pretrained"],
    ["a missing tensor", edited((all) => all.delete(FC1)), { file: name, tensor: FC1 }],
    [
      "a wrong shape",
      changedTo({ shape: [16, 32] }),
      { tensor: FC1, expected: "shape [32, 16]", found: "[16, 32]" },
    ],
    ["a wrong dtype", changedTo({ dtype: "I32" }), { tensor: FC1, found: "I32" }],
    ["a truncated body", { [name]: truncated }, { tensor: "model.decoder.layer_norm.bias" }],
    ["a file of a few bytes", { [name]: new Uint8Array(5) }, { found: "5 bytes" }],
    ["a header longer than the file", file(0, 1), { found: "256 bytes" }],
    ["a header that is no JSON", { [name]: joinSafetensors("{nope", []) }, { file: name }],
    ["a header that is no object", { [name]: joinSafetensors("[1]", []) }, { file: name }],
    ["bytes that belong to no tensor", header({ a: f32(0, 8) }), {}, "belong to no tensor"],
  ])("%s", async (_, files, details, message = "") => {
    const { error } = await failure(files);
    expect(error.details).toMatchObject(details);
    expect(error.message).toContain(message);
  });

  // 100,000,001 is 0x5f5e101.
  it.each<[string, Record<string, Uint8Array>, object, message?: string]>([
    ["a truncated body", { [name]: truncated }, { tensor: "model.decoder.layer_norm.bias" }],
    ["a header longer than the file", file(0, 1), { found: "92 bytes" }],
    ["a header over 100 MB", file(0x01, 0xe1, 0xf5, 0x05), { found: "100000001 bytes" }],
    [
      "a header of 2^62 bytes",
      file(0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0x7f),
      {},
      "at most 100000000",
    ],
  ])("%s, of a file whose length is not known", async (_, files, details, message = "") => {
    const { error } = await failure(files, false);
    expect(error.details).toMatchObject(details);
    expect(error.message).toContain(message);
  });

  it.each([
    ["overlapping offsets", { a: f32(0, 8), b: f32(4, 16) }, "b"],
    ["offsets out of range", { a: f32(0, 8), b: f32(8, 24) }, "b"],
    ["a hole", { a: f32(0, 4), b: f32(8, 16) }, "b"],
    ["offsets that do not fit the shape", { a: f32(0, 16, [3]) }, "a"],
    ["negative offsets", { a: { dtype: "F32", shape: [4], data_offsets: [-16, 0] } }, "a"],
    ["no offsets", { a: { dtype: "F32", shape: [4] } }, "a"],
    ["an unknown dtype", { a: { dtype: "F4", shape: [4], data_offsets: [0, 16] } }, "a"],
    ["a shape of fractions", { a: { dtype: "F32", shape: [1.5], data_offsets: [0, 6] } }, "a"],
    ["an entry that is no object", { a: null }, "a"],
  ])("%s", async (_, entries, tensor) => {
    const { error } = await failure(header(entries));
    expect(error.details.tensor).toBe(tensor);
    expect(error.details.expected).toBeTruthy();
    expect(error.details.found).toBeTruthy();
  });
});

describe("cascade layers", () => {
  const stages = 2;
  function cascade(edit: (tensors: Map<string, TestTensor>) => void = () => {}) {
    return edited((tensors) => {
      const n = 32;
      const name = FC1.replace(".weight", "");
      tensors.delete(FC1);
      const scale = randomF32(stages * n, 5);
      tensors.set(`${name}.cascade.scale`, { dtype: "F32", shape: [stages, n], values: scale });
      const permutation = Array.from({ length: stages * n }, (_, i) => (i * 7 + 3) % n);
      tensors.set(`${name}.cascade.permutation`, {
        dtype: "I32",
        shape: [stages, n],
        values: permutation,
      });
      edit(tensors);
    });
  }
  const PERMUTATION = FC1.replace(".weight", ".cascade.permutation");
  const SCALE = FC1.replace(".weight", ".cascade.scale");

  it("equal the dense matrix that they are", async () => {
    // The matrix of a cascade: what it makes of the unit vectors (DESIGN, "Numerics").
    const n = 32;
    const scale = randomF32(stages * n, 5);
    const transform = (x: number[]) => {
      for (let k = 0; k < stages; k++) {
        const y = x.map((_, i) => scale[k * n + i]! * x[(i * 7 + 3) % n]!);
        x = y.map((_, i) => {
          let sum = 0;
          for (let j = 0; j < n; j++) sum += parity(i & j) ? -y[j]! : y[j]!;
          return sum / Math.sqrt(n);
        });
      }
      return x;
    };
    const columns = Array.from({ length: 16 }, (_, c) => {
      return transform(Array.from({ length: n }, (_, i) => (i === c ? 1 : 0)));
    });
    const dense = Array.from({ length: 32 * 16 }, (_, i) => columns[i % 16]![Math.floor(i / 16)]!);
    const files = edited((tensors) => {
      tensors.set(FC1, { dtype: "F32", shape: [32, 16], values: dense });
    });
    const expected = (await fingerprint(files)).flat();
    const actual = (await fingerprint(cascade())).flat();
    expected.forEach((x, i) => {
      expect(actual[i]).toBeCloseTo(x, 4);
    });
  });

  it.each([
    ["an index twice", PERMUTATION, { values: new Array(64).fill(0) }],
    ["an index out of range", PERMUTATION, { values: Array.from({ length: 64 }, (_, i) => i) }],
    ["float indices", PERMUTATION, { dtype: "F32" as const }],
    ["a width that is no power of two", SCALE, { shape: [2, 24], values: new Array(48).fill(1) }],
    ["a width below the layer's", SCALE, { shape: [4, 16] }],
    ["different shapes", SCALE, { shape: [1, 64] }],
  ])("refuse %s", async (_, name, change) => {
    const { error } = await failure(
      cascade((tensors) => tensors.set(name, { ...tensors.get(name)!, ...change })),
    );
    expect([PERMUTATION, SCALE]).toContain(error.details.tensor);
  });

  it("refuse a permutation that is not there", async () => {
    const { error } = await failure(cascade((tensors) => tensors.delete(PERMUTATION)));
    expect(error.details.tensor).toBe(PERMUTATION);
  });
});

function parity(bits: number): boolean {
  let odd = false;
  for (let rest = bits; rest > 0; rest &= rest - 1) odd = !odd;
  return odd;
}
