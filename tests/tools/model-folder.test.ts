import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ModelError } from "../../src/errors.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { expectBytes, readAll } from "../storage/bytes.ts";
import { noise } from "../storage/file-server.ts";

const weights = noise((1 << 20) + 3, 1);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fwhisper-"));
  await writeFile(join(folder, "config.json"), '{"d_model": 64}');
  await writeFile(join(folder, "merges.txt"), "Ġ a\n");
  await writeFile(join(folder, "vocab.json"), "{");
  await writeFile(join(folder, "model.safetensors"), weights);
});
afterAll(() => rm(folder, { recursive: true }));

test("text, JSON and bytes, null for what is not there", async () => {
  const model = openModelFolder(folder);
  expect(model.name).toBe(folder);
  expect(await model.json("config.json")).toEqual({ d_model: 64 });
  expect(await model.text("merges.txt")).toBe("Ġ a\n");
  const opened = (await model.open("model.safetensors"))!;
  expect(opened.byteLength).toBe(weights.length);
  expectBytes(await readAll(opened.stream), weights);
  expect(await model.json("generation_config.json")).toBeNull();
  expect(await model.text("config.json/x")).toBeNull();
  expect(await model.open("model.safetensors.index.json")).toBeNull();
});

test("a stream can be cancelled before and after its first piece", async () => {
  const model = openModelFolder(folder);
  await (await model.open("model.safetensors"))!.stream.cancel();
  const reader = (await model.open("model.safetensors"))!.stream.getReader();
  await reader.read();
  await reader.cancel();
  expect(await reader.read()).toEqual({ done: true, value: undefined });
});

test("what is wrong is said by name", async () => {
  const model = openModelFolder(folder);
  await expect(model.json("vocab.json")).rejects.toThrow(/^vocab\.json of .* is not JSON/);
  await expect(model.text("../config.json")).rejects.toThrow(ModelError);
  expect(() => openModelFolder(join(folder, "nowhere"))).toThrow(ModelError);
  expect(() => openModelFolder(join(folder, "config.json"))).toThrow(/is no folder/);
});
