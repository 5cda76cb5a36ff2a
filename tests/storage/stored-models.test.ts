import { beforeEach, expect, test, vi } from "vitest";
import { DownloadError, OptionError, StorageError } from "../../src/errors.ts";
import { chunkBytes } from "../../src/storage/chunk-store.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { openModelFiles } from "../../src/storage/model-files.ts";
import {
  deleteModel,
  listModels,
  persistStorage,
  storageUsage,
} from "../../src/storage/stored-models.ts";
import { readAll } from "./bytes.ts";
import { noNetwork, origin, weights } from "./file-server.ts";
import { server, store } from "./model-files-setup.ts";

const base = `${origin}/page/`;
beforeEach(() => {
  vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_000);
});

function openFiles(model: string, fetch = server.fetch) {
  const options = { store, fetch, locks: null, retryDelays: [] };
  return openModelFiles(locateModel(model, { base }), options);
}

/** A model of three bytes: one file that is there, and one that is not. */
async function loadSmall() {
  server.serve("small/config.json", "[1]");
  const files = openFiles("/small");
  await files.json("config.json");
  await files.json("vocab.json");
  await files.markComplete();
}

/** A model whose weights broke off after the second chunk. */
async function loadPart() {
  server.serve("page/part/config.json", "[1, 2]");
  server.serve("page/part/model.safetensors", weights);
  server.breaks.push(Number.POSITIVE_INFINITY, 2 * chunkBytes + 1);
  const files = openFiles("./part");
  await files.json("config.json");
  const { stream } = (await files.open("model.safetensors"))!;
  await expect(readAll(stream)).rejects.toThrow(DownloadError);
  await files.markComplete();
}

test("an empty store", async () => {
  expect(await listModels(store)).toEqual([]);
  expect(await deleteModel("openai/whisper-tiny", {}, store)).toBe(false);
  expect((await storageUsage(store)).usedBytes).toBe(0);
});

test("models are listed with what is kept of them", async () => {
  await loadSmall();
  await loadPart();
  const storedAt = new Date(1_700_000_000_000);
  expect(await listModels(store)).toEqual([
    { id: `${origin}/page/part/`, bytes: 6 + 2 * chunkBytes, files: 2, complete: false, storedAt },
    { id: `${origin}/small/`, bytes: 3, files: 1, complete: true, storedAt },
  ]);
  expect(await storageUsage(store)).toEqual({
    usedBytes: 9 + 2 * chunkBytes,
    quotaBytes: null,
    originUsageBytes: null,
    persisted: false,
  });
});

test("a model of which only absences are known is not listed", async () => {
  await openFiles("/nothing").json("config.json");
  expect(await listModels(store)).toEqual([]);
});

test.each([`${origin}/page/part/`, "./part", "../page/part/"])("%s is deleted", async (model) => {
  await loadSmall();
  await loadPart();
  expect(await deleteModel(model, { base }, store)).toBe(true);
  expect((await listModels(store)).map(({ id }) => id)).toEqual([`${origin}/small/`]);
  expect(await store.readChunks(`${origin}/page/part/model.safetensors`, 0, 2)).toEqual([
    null,
    null,
  ]);
  expect(await openFiles("/small", noNetwork).json("config.json")).toEqual([1]);
  expect(await deleteModel(model, { base }, store)).toBe(false);
});

test("a Hugging Face model is deleted by its id and revision", async () => {
  const fetch = async () => new Response("{}");
  for (const id of ["o/m", "o/m@v2"]) await openFiles(id, fetch).json("config.json");
  expect(await deleteModel("o/m", { revision: "v2" }, store)).toBe(true);
  expect((await listModels(store)).map(({ id }) => id)).toEqual(["o/m"]);
});

test("files at known addresses are deleted by their name, or as they were given", async () => {
  const model = { name: "mine", files: { "config.json": `${origin}/config-1a2b.json` } };
  server.serve("config-1a2b.json", "{}");
  for (const given of ["mine", model]) {
    const options = { store, fetch: server.fetch, locks: null };
    await openModelFiles(locateModel(model), options).json("config.json");
    expect((await listModels(store)).map(({ id }) => id)).toEqual(["mine"]);
    expect(await deleteModel(given, {}, store)).toBe(true);
    expect(await deleteModel(model, {}, store)).toBe(false);
  }
  expect(await deleteModel("embedded", {}, store)).toBe(false);
});

test("what cannot be a model is refused", async () => {
  await expect(deleteModel("no model", {}, store)).rejects.toThrow(OptionError);
});

test("without IndexedDB these say so", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await expect(listModels()).rejects.toThrow(StorageError);
  await expect(deleteModel("o/m")).rejects.toThrow(StorageError);
  await expect(storageUsage()).rejects.toThrow(StorageError);
});

test("what the browser tells is passed on", async () => {
  const persist = vi.fn(async () => true);
  const storage = {
    estimate: async () => ({ usage: 5, quota: 10 }),
    persisted: async () => true,
    persist,
  };
  vi.stubGlobal("navigator", { storage });
  expect(await storageUsage(store)).toEqual({
    usedBytes: 0,
    quotaBytes: 10,
    originUsageBytes: 5,
    persisted: true,
  });
  expect(await persistStorage()).toBe(true);
  vi.stubGlobal("navigator", {});
  expect(await persistStorage()).toBe(false);
});
