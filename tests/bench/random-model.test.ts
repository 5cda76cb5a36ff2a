import { expect, it } from "vitest";
import { modelFiles } from "../../bench/model-files.ts";
import { generateSafetensors, randomModel } from "../../bench/random-model.ts";
import { randomValues } from "../../bench/random-tensor.ts";
import { configOf, shapeNames } from "../../bench/shapes.ts";
import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { readSafetensorsHeader } from "../../src/checkpoint/safetensors.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";

it("has the same values everywhere, by the tensor's name alone", () => {
  expect(Array.from(randomValues("a.weight", 4), (value) => value * 8192)).toEqual([
    35, 113, -41, -145,
  ]);
  expect(randomValues("a.weight", 1000).slice(0, 4)).toEqual(randomValues("a.weight", 4));
  expect(randomValues("b.weight", 4)).not.toEqual(randomValues("a.weight", 4));
  expect(randomValues("encoder.layer_norm.weight", 2)).toEqual(Float32Array.of(1, 1));
});

it("has bell-shaped values with a mean of 0", () => {
  const values = randomValues("a.weight", 100_000);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(5e-4);
  expect(Math.sqrt(variance)).toBeCloseTo(0.018, 3);
});

it("writes float16 that are exactly these values", async () => {
  const { stream, byteLength } = generateSafetensors([
    ["a.weight", [300, 1000]],
    ["b.norm.weight", [5]],
  ]);
  const reader = new ByteReader(stream);
  const entries = await readSafetensorsHeader(reader, "model.safetensors", byteLength);
  expect(entries.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ["a.weight", "F16", [300, 1000]],
    ["b.norm.weight", "F16", [5]],
  ]);
  const kernels = await instantiateNodeKernels();
  const { heap } = kernels;
  for (const { name, byteLength: bytes } of entries) {
    const count = bytes / 2;
    const halves = heap.allocate(bytes);
    heap.u8(halves, bytes).set(await reader.read(bytes));
    const floats = heap.allocateF32(count);
    kernels.convertF16ToF32(halves, floats, count);
    const expected = randomValues(name, count);
    expect(heap.f32(floats, count).findIndex((value, i) => value !== expected[i])).toBe(-1);
  }
  expect((await reader.read(1)).length).toBe(0);
});

it("says the length of its weights before it makes them", async () => {
  const { byteLength, stream } = (await randomModel("tiny").open("model.safetensors"))!;
  await stream.cancel();
  // 37.8 million parameters of two bytes and a header.
  expect(byteLength).toBeGreaterThan(75.5e6);
  expect(byteLength).toBeLessThan(75.6e6);
});

it.each(shapeNames)("is a model whose files are understood: %s", async (shape) => {
  const description = await describeModel(randomModel(shape));
  const { tokenizer, generation, features } = description;
  const { vocab_size: vocabSize, num_mel_bins: melBins } = configOf(shape);
  // As in OpenAI's vocabularies: large-v3 brought Cantonese and moved all behind it up by one.
  const later = vocabSize - 51865;
  expect(tokenizer.special).toMatchObject({
    endOfText: 50257,
    startOfTranscript: 50258,
    translate: 50358 + later,
    transcribe: 50359 + later,
    noSpeech: 50362 + later,
    noTimestamps: 50363 + later,
    timestampBegin: 50364 + later,
    timestampEnd: 51865 + later,
  });
  expect(tokenizer.languages.size).toBe(99 + later);
  expect(generation.isMultilingual).toBe(true);
  expect(features.melBins).toBe(melBins);
  const text = "Any text, 100 % of it: \u00e4\u00f6\u00fc \ud83c\udfb5";
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

it("names every id of the vocabulary", () => {
  const tokenizer = modelFiles("turbo")["tokenizer.json"] as {
    added_tokens: { id: number }[];
    model: { vocab: Record<string, number> };
  };
  const added = tokenizer.added_tokens.map(({ id }) => id);
  const ids = new Set([...Object.values(tokenizer.model.vocab), ...added]);
  expect(ids.size).toBe(51866);
  expect(Math.max(...ids)).toBe(51865);
});
