import { describe, expect, test, vi } from "vitest";
import { DownloadError } from "../../src/errors.ts";
import { type ChunkStore, chunkBytes } from "../../src/storage/chunk-store.ts";
import { expectBytes, readAll } from "./bytes.ts";
import { noise, noNetwork, weights } from "./file-server.ts";
import {
  openFiles,
  ranges,
  readWeights,
  server,
  store,
  warnings,
  weightsPath,
  weightsUrl,
} from "./model-files-setup.ts";

describe("a store that fails", () => {
  const quota = () => new DOMException("The disk is full.", "QuotaExceededError");

  test("full half-way: the bytes go on coming, with one warning, and what was kept is of use", async () => {
    let writes = 0;
    const full: ChunkStore = {
      ...store,
      write: async (...args) => {
        if (++writes > 1) throw quota();
        return store.write(...args);
      },
    };
    server.serve(weightsPath, weights);
    server.serve("m/config.json", "{}");
    const files = openFiles({ store: full });
    const opened = await files.open("model.safetensors");
    expectBytes(await readAll(opened!.stream), weights);
    expect(await files.json("config.json")).toEqual({});
    await files.markComplete();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatchObject({ message: expect.stringContaining("QuotaExceededError") });

    expectBytes(await readWeights(), weights);
    expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${16 * chunkBytes}-` });
  });

  test("in memory, a broken connection is resumed all the same", async () => {
    server.serve(weightsPath, weights);
    server.breaks.push(5 * chunkBytes);
    expectBytes(await readWeights({ store: null }), weights);
    expect(ranges()).toEqual([null, `bytes=${4 * chunkBytes}-`]);
  });

  test("no IndexedDB", async () => {
    vi.stubGlobal("indexedDB", undefined);
    server.serve(weightsPath, weights);
    expectBytes(await readWeights({ store: undefined }), weights);
    expect(warnings()).toHaveLength(1);
  });

  test("IndexedDB that does not open", async () => {
    vi.stubGlobal("indexedDB", {
      open() {
        throw new DOMException("not in private windows", "InvalidStateError");
      },
    });
    server.serve(weightsPath, weights);
    expectBytes(await readWeights({ store: undefined }), weights);
    expect(warnings()).toHaveLength(1);
  });

  test("fails while it is read: the network takes over where it stopped", async () => {
    server.serve(weightsPath, weights);
    await readWeights();
    const failing: ChunkStore = {
      ...store,
      readChunks: async (url, first, count) => {
        if (first > 0) throw new DOMException("connection closed", "InvalidStateError");
        return store.readChunks(url, first, count);
      },
    };
    expectBytes(await readWeights({ store: failing }), weights);
    expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${16 * chunkBytes}-` });
    expect(warnings()).toHaveLength(1);
  });
});

describe("damage in the store", () => {
  async function damage(index: number, change: (bytes: Uint8Array) => Uint8Array) {
    server.serve(weightsPath, weights);
    await readWeights();
    const record = (await store.read(weightsUrl))!;
    const [chunk] = await store.readChunks(weightsUrl, index, 1);
    const damaged = { ...chunk!, bytes: change(chunk!.bytes) };
    await store.write({ ...record, chunkCount: index + 1 }, [damaged]);
    await store.write(record, []);
  }
  const flip = (bytes: Uint8Array) => bytes.with(77, bytes[77]! ^ 1);

  test.each([0, 7, 20])("a flipped bit in chunk %i never reaches the reader", async (index) => {
    await damage(index, flip);
    expectBytes(await readWeights(), weights);
    expect(warnings()).toHaveLength(1);
    expect(ranges()).toEqual([null, index === 0 ? null : `bytes=${index * chunkBytes}-`]);
    expectBytes(await readWeights({ fetch: noNetwork }), weights);
  });

  test("a chunk of the wrong length", async () => {
    await damage(20, (bytes) => bytes.slice(1));
    expectBytes(await readWeights(), weights);
  });

  test("chunks that another tab has removed", async () => {
    server.serve(weightsPath, weights);
    await readWeights();
    const record = (await store.read(weightsUrl))!;
    await store.remove(weightsUrl);
    await store.write(record, []);
    expectBytes(await readWeights(), weights);
    expect(warnings()).toHaveLength(1);
  });

  test("while the file on the server has changed: an error, then the new file", async () => {
    await damage(7, flip);
    const changed = noise(weights.length, 8);
    server.serve(weightsPath, changed, { ETag: '"v2"' });
    await expect(readWeights()).rejects.toThrow(/changed on its server/);
    expectBytes(await readWeights(), changed);
  });

  test("in a part that is to be resumed", async () => {
    server.serve(weightsPath, weights);
    server.breaks.push(5 * chunkBytes + 1);
    await expect(readWeights({ retryDelays: [] })).rejects.toThrow(DownloadError);
    const record = (await store.read(weightsUrl))!;
    const chunks = await store.readChunks(weightsUrl, 2, 3);
    await store.write(record, [
      { ...chunks[0]!, bytes: flip(chunks[0]!.bytes) },
      chunks[1]!,
      chunks[2]!,
    ]);
    expectBytes(await readWeights(), weights);
    expect(ranges()).toEqual([null, `bytes=${5 * chunkBytes}-`, `bytes=${2 * chunkBytes}-`]);
  });
});
