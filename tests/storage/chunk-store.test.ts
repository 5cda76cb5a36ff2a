import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import {
  type FileRecord,
  indexedDbChunkStore,
  type StoredChunk,
} from "../../src/storage/chunk-store.ts";
import { noise } from "./file-server.ts";

const record: FileRecord = {
  url: "https://models.test/m/model.safetensors",
  model: "m",
  file: "model.safetensors",
  state: "partial",
  confirmed: false,
  chunkCount: 0,
  totalBytes: null,
  validator: null,
  sha256: null,
  storedAt: 0,
};
const chunks: StoredChunk[] = [1, 2, 3].map((seed) => ({
  bytes: noise(seed * 100, seed),
  sha256: `digest ${seed}`,
}));

test("what is absent is null", async () => {
  const store = indexedDbChunkStore("empty");
  expect(await store.read(record.url)).toBeNull();
  expect(await store.readChunks(record.url, 3, 2)).toEqual([null, null]);
  expect(await store.list()).toEqual([]);
  await store.remove(record.url);
});

test("chunks are kept byte for byte under the indexes that the record counts", async () => {
  const store = indexedDbChunkStore("bytes");
  await store.write({ ...record, chunkCount: 1 }, chunks.slice(0, 1));
  await store.write({ ...record, chunkCount: 3 }, chunks.slice(1));
  expect(await store.read(record.url)).toEqual({ ...record, chunkCount: 3 });
  expect(await store.readChunks(record.url, 0, 4)).toEqual([...chunks, null]);
  expect(await store.readChunks(record.url, 1, 1)).toEqual([chunks[1]]);
});

test("a write that fails leaves the record as it was", async () => {
  const store = indexedDbChunkStore("atomic");
  await store.write({ ...record, chunkCount: 1 }, chunks.slice(0, 1));
  const impossible = { bytes: () => {}, sha256: "" } as unknown as StoredChunk;
  await expect(
    store.write({ ...record, chunkCount: 3 }, [chunks[1]!, impossible]),
  ).rejects.toThrow();
  expect(await store.read(record.url)).toEqual({ ...record, chunkCount: 1 });
});

test("removing a file leaves the others, also one whose address begins the same", async () => {
  const store = indexedDbChunkStore("removal");
  const other = { ...record, url: `${record.url}.index.json`, chunkCount: 1 };
  await store.write({ ...record, chunkCount: 3 }, chunks);
  await store.write(other, chunks.slice(0, 1));
  await store.remove(record.url);
  expect(await store.list()).toEqual([other]);
  expect(await store.readChunks(record.url, 0, 3)).toEqual([null, null, null]);
  expect(await store.readChunks(other.url, 0, 1)).toEqual([chunks[0]]);
});
