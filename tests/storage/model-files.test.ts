import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DownloadError, ModelError } from "../../src/errors.ts";
import type { LoadProgress } from "../../src/results.ts";
import { type ChunkStore, chunkBytes, indexedDbChunkStore } from "../../src/storage/chunk-store.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { type ModelFilesOptions, openModelFiles } from "../../src/storage/model-files.ts";
import { expectBytes, readAll, sha256 } from "./bytes.ts";
import { fakeLocks } from "./fake-locks.ts";
import { FileServer, noise, noNetwork, origin, weights } from "./file-server.ts";

const location = locateModel(`${origin}/m`);
const weightsUrl = `${origin}/m/model.safetensors`;
const weightsPath = "m/model.safetensors";

let server: FileServer;
let store: ChunkStore;
let events: LoadProgress[];
let databases = 0;

beforeEach(() => {
  server = new FileServer();
  store = indexedDbChunkStore(`model-files ${databases++}`);
  events = [];
  // Time stands still, so that chunks are kept sixteen at a time on the slowest machine too.
  vi.spyOn(performance, "now").mockReturnValue(0);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function openFiles(options: ModelFilesOptions = {}) {
  const onProgress = (event: LoadProgress) => events.push(event);
  const retryDelays = [0, 0];
  return openModelFiles(location, {
    store,
    fetch: server.fetch,
    locks: null,
    retryDelays,
    onProgress,
    ...options,
  });
}

async function readWeights(options?: ModelFilesOptions): Promise<Uint8Array> {
  const opened = await openFiles(options).open("model.safetensors");
  return new Uint8Array(
    await new Response(opened!.stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** Reads `count` chunks and stops, by cancelling or by just not asking for more. */
async function readSome(stream: ReadableStream<Uint8Array>, count: number) {
  const reader = stream.getReader();
  for (let i = 0; i < count; i++) await reader.read();
  return reader;
}

const warnings = () => events.filter(({ status }) => status === "warning");
const ranges = () => server.requests.map(({ range }) => range);

describe("a first and a second load", () => {
  test("the bytes come as they are, and the second time without network", async () => {
    server.serve(weightsPath, weights);
    expectBytes(await readWeights(), weights);
    expectBytes(await readWeights({ fetch: noNetwork }), weights);
    expect(server.requests).toHaveLength(1);
    expect(await store.read(weightsUrl)).toMatchObject({
      model: `${origin}/m/`,
      file: "model.safetensors",
      state: "complete",
      totalBytes: weights.length,
      chunkCount: 21,
      sha256: sha256(weights),
    });
    expect(warnings()).toEqual([]);
  });

  test.each([0, 1, chunkBytes, 2 * chunkBytes, 16 * chunkBytes])(
    "a file of %i bytes",
    async (length) => {
      const bytes = noise(length, 2);
      server.serve(weightsPath, bytes);
      expectBytes(await readWeights(), bytes);
      expectBytes(await readWeights({ fetch: noNetwork }), bytes);
    },
  );

  test("a file without Content-Length has an unknown length, then a known one", async () => {
    const bytes = weights.slice(0, 100);
    const fetch = async () => new Response(bytes);
    const opened = await openFiles({ fetch }).open("model.safetensors");
    expect(opened!.byteLength).toBeNull();
    await readSome(opened!.stream, 2);
    expect((await openFiles({ fetch: noNetwork }).open("model.safetensors"))!.byteLength).toBe(100);
  });

  test("a reader who stops at the last byte leaves a complete file", async () => {
    const bytes = noise(2 * chunkBytes, 3);
    server.serve(weightsPath, bytes);
    const opened = await openFiles().open("model.safetensors");
    await (await readSome(opened!.stream, 2)).cancel();
    expectBytes(await readWeights({ fetch: noNetwork }), bytes);
  });

  test("text and JSON", async () => {
    server.serve("m/config.json", '{"d_model": 64}');
    server.serve("m/merges.txt", "Ġ a\n");
    const files = openFiles();
    expect(files.name).toBe(`${origin}/m/`);
    expect(await files.json("config.json")).toEqual({ d_model: 64 });
    expect(await files.text("merges.txt")).toBe("Ġ a\n");
    expect(await files.json("vocab.json")).toBeNull();
  });

  test("a file that is no JSON is refused by name, and not kept", async () => {
    server.serve("m/config.json", "not found");
    await expect(openFiles().json("config.json")).rejects.toSatisfy(
      (error) => error instanceof ModelError && error.details.found === "not found",
    );
    server.serve("m/config.json", "{}");
    expect(await openFiles().json("config.json")).toEqual({});
  });

  test("bytes that are no UTF-8 are refused", async () => {
    server.serve("m/merges.txt", Uint8Array.of(0x61, 0xff));
    await expect(openFiles().text("merges.txt")).rejects.toThrow(ModelError);
  });

  test("progress: the first and the last, and whether they came from the store", async () => {
    server.serve(weightsPath, weights);
    await readWeights();
    await readWeights({ fetch: noNetwork });
    const event = { status: "download", file: "model.safetensors", totalBytes: weights.length };
    expect(events).toEqual([
      { ...event, loadedBytes: 0, cached: false },
      { ...event, loadedBytes: weights.length, cached: false },
      { ...event, loadedBytes: 0, cached: true },
      { ...event, loadedBytes: weights.length, cached: true },
    ]);
  });

  test("on a slow line each chunk is kept when it is whole", async () => {
    let seconds = 0;
    vi.spyOn(performance, "now").mockImplementation(() => 1000 * seconds++);
    server.serve(weightsPath, weights);
    const opened = await openFiles().open("model.safetensors");
    for (let chunkCount = 1; chunkCount <= 3; chunkCount++) {
      const reader = await readSome(opened!.stream, 1);
      reader.releaseLock();
      expect(await store.read(weightsUrl)).toMatchObject({ chunkCount });
      expect(events.at(-1)).toMatchObject({ loadedBytes: chunkCount * chunkBytes });
    }
    await opened!.stream.cancel();
  });

  test("store: null keeps nothing and says nothing", async () => {
    server.serve(weightsPath, weights);
    expectBytes(await readWeights({ store: null }), weights);
    expectBytes(await readWeights({ store: null }), weights);
    expect(server.requests).toHaveLength(2);
    expect(warnings()).toEqual([]);
  });
});

describe("files that do not exist", () => {
  test("are asked for again until the model was loaded whole, then never", async () => {
    const files = openFiles();
    expect(await files.text("tokenizer.json")).toBeNull();
    server.serve("m/tokenizer.json", "{}");
    expect(await openFiles().text("tokenizer.json")).toBe("{}");
    expect(await files.text("vocab.json")).toBeNull();
    await files.markComplete();
    expect(await openFiles({ fetch: noNetwork }).text("vocab.json")).toBeNull();
  });

  test("a single-page server's page is no file", async () => {
    server.serve("m/tokenizer.json", "<!doctype html>", { "Content-Type": "text/html; charset=x" });
    expect(await openFiles().text("tokenizer.json")).toBeNull();
  });

  test("what the location knows not to exist costs no request", async () => {
    const files = openModelFiles(locateModel("embedded"), { store, fetch: noNetwork });
    expect(await files.text("vocab.json")).toBeNull();
  });

  test("older versions under other addresses go when the newer is loaded", async () => {
    const at = (version: string) => ({
      id: "embedded",
      fileUrl: (file: string) => `${origin}/${version}/${file}`,
    });
    for (const version of ["a", "b"]) {
      server.serve(`${version}/config.json`, `"${version}"`);
      const files = openModelFiles(at(version), { store, fetch: server.fetch, locks: null });
      expect(await files.json("config.json")).toBe(version);
      await files.markComplete();
      expect((await store.list()).map(({ url }) => url)).toEqual([
        `${origin}/${version}/config.json`,
      ]);
    }
  });
});

describe("an interrupted download", () => {
  async function loadInPart(bytes = 5 * chunkBytes + 100) {
    server.serve(weightsPath, weights);
    server.breaks.push(bytes);
    await expect(readWeights({ retryDelays: [] })).rejects.toThrow(DownloadError);
    expect(await store.read(weightsUrl)).toMatchObject({ state: "partial", chunkCount: 5 });
  }

  test("resumes: only the rest is sent", async () => {
    await loadInPart();
    expectBytes(await readWeights(), weights);
    expect(server.requests[1]).toEqual({
      file: weightsPath,
      range: `bytes=${5 * chunkBytes}-`,
      ifRange: '"v1"',
      status: 206,
      sentBytes: weights.length - 5 * chunkBytes,
    });
    expectBytes(await readWeights({ fetch: noNetwork }), weights);
    expect((await store.read(weightsUrl))!.sha256).toBe(sha256(weights));
  });

  test("resumes by itself as long as it gets on, and the reader notices nothing", async () => {
    server.serve(weightsPath, weights);
    server.breaks.push(...Array(9).fill(2 * chunkBytes + 1));
    expectBytes(await readWeights({ retryDelays: [0] }), weights);
    expect(ranges().slice(1)).toEqual(
      Array.from({ length: 9 }, (_, i) => `bytes=${(i + 1) * 2 * chunkBytes}-`),
    );
  });

  test("gives up when it does not get on, and says where it stands", async () => {
    server.serve(weightsPath, weights);
    server.breaks.push(3 * chunkBytes + 1, 10, 10, 10);
    const failure = await readWeights({ retryDelays: [0, 0] }).catch((error) => error);
    expect(failure).toBeInstanceOf(DownloadError);
    expect(failure.details).toMatchObject({
      url: weightsUrl,
      loadedBytes: 3 * chunkBytes,
      totalBytes: weights.length,
    });
    expect(ranges()).toEqual([null, ...Array(2).fill(`bytes=${3 * chunkBytes}-`)]);
  });

  test("a body shorter than its Content-Length is one, too", async () => {
    server.breaksSilently = true;
    await loadInPart();
    server.breaks.push(chunkBytes);
    expectBytes(await readWeights(), weights);
    expect(ranges()).toEqual([null, `bytes=${5 * chunkBytes}-`, `bytes=${5 * chunkBytes}-`]);
  });

  test("starts over when the server answers 200", async () => {
    await loadInPart();
    server.ranges = false;
    expectBytes(await readWeights(), weights);
    expect(server.requests[1]).toMatchObject({ status: 200, sentBytes: weights.length });
    expectBytes(await readWeights({ fetch: noNetwork }), weights);
  });

  test("starts over when the file has changed meanwhile", async () => {
    await loadInPart();
    const changed = noise(weights.length, 4);
    server.serve(weightsPath, changed, { ETag: '"v2"' });
    expectBytes(await readWeights(), changed);
    expect(server.requests[1]).toMatchObject({ ifRange: '"v1"', status: 200 });
  });

  test("starts over when a part of another version comes", async () => {
    await loadInPart();
    const changed = noise(weights.length, 4);
    const ignoresIfRange: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.delete("If-Range");
      return server.fetch(input, { ...init, headers });
    };
    server.serve(weightsPath, changed, { ETag: '"v2"' });
    expectBytes(await readWeights({ fetch: ignoresIfRange }), changed);
    expect(server.requests.slice(1).map(({ status }) => status)).toEqual([206, 200]);
  });

  test("starts over on 416, and no chunk of the longer version stays", async () => {
    await loadInPart();
    const shorter = noise(3 * chunkBytes, 5);
    server.serve(weightsPath, shorter);
    expectBytes(await readWeights(), shorter);
    expect(server.requests.slice(1).map(({ status }) => status)).toEqual([416, 200]);
    expect(await store.readChunks(weightsUrl, 3, 2)).toEqual([null, null]);
  });

  test("is not resumed from a server that names no version", async () => {
    server.serve(weightsPath, weights, { ETag: 'W/"weak"' });
    server.breaks.push(5 * chunkBytes + 100);
    await expect(readWeights({ retryDelays: [] })).rejects.toThrow(DownloadError);
    expectBytes(await readWeights(), weights);
    expect(ranges()).toEqual([null, null]);
  });

  test("mid-way, a server that cannot resume sends all again, and the reader gets the rest", async () => {
    server.serve(weightsPath, weights);
    server.ranges = false;
    server.breaks.push(18 * chunkBytes, 17 * chunkBytes);
    expectBytes(await readWeights(), weights);
    expectBytes(await readWeights({ fetch: noNetwork }), weights);
  });

  test("mid-way, a file that changes is an error, since the reader has its beginning", async () => {
    server.serve(weightsPath, weights);
    server.breaks.push(18 * chunkBytes);
    const opened = await openFiles().open("model.safetensors");
    const reader = await readSome(opened!.stream, 1);
    const changed = noise(weights.length, 6);
    server.serve(weightsPath, changed, { ETag: '"v2"' });
    const readOn = async () => {
      while (!(await reader.read()).done);
    };
    await expect(readOn()).rejects.toThrow(/changed on its server/);
    expectBytes(await readWeights(), changed);
  });
});

describe("what a server says", () => {
  test.each([401, 500])("HTTP status %i is an error with its number", async (status) => {
    const fetch = async () => new Response("", { status });
    const failure = await openFiles({ fetch })
      .open("config.json")
      .catch((error) => error);
    expect(failure).toBeInstanceOf(DownloadError);
    expect(failure.details).toEqual({ url: `${origin}/m/config.json`, status });
    expect(await store.list()).toEqual([]);
  });

  test("no network at all is an error at once", async () => {
    const failure = await openFiles({ fetch: noNetwork })
      .open("config.json")
      .catch((e) => e);
    expect(failure).toBeInstanceOf(DownloadError);
    expect(failure.cause).toBeInstanceOf(TypeError);
  });

  test("a wrong digest: nothing is complete, nothing is kept", async () => {
    server.serve(weightsPath, weights, { "X-Linked-ETag": `"${"0".repeat(64)}"` });
    const failure = await readWeights().catch((error) => error);
    expect(failure).toBeInstanceOf(DownloadError);
    expect(failure.details).toMatchObject({ expected: "0".repeat(64), found: sha256(weights) });
    expect(await store.list()).toEqual([]);
    expect(await store.readChunks(weightsUrl, 0, 1)).toEqual([null]);
  });

  test("the right digest, also over an interruption; an ETag of 64 digits is none", async () => {
    server.serve(weightsPath, weights, {
      "X-Linked-ETag": `"${sha256(weights)}"`,
      ETag: `"${"0".repeat(64)}"`,
    });
    server.breaks.push(chunkBytes + 1);
    expectBytes(await readWeights(), weights);
  });

  test("the length of a compressed body is not that of the file", async () => {
    const bytes = noise(3 * chunkBytes, 7);
    server.serve(weightsPath, bytes, { "Content-Encoding": "br", "Content-Length": "99" });
    const opened = await openFiles().open("model.safetensors");
    expect(opened!.byteLength).toBeNull();
    await opened!.stream.cancel();
    // Other origins hide Content-Encoding.
    server.serve(weightsPath, bytes, { "Content-Length": "99" });
    expectBytes(await readWeights(), bytes);
    expect((await openFiles({ fetch: noNetwork }).open("model.safetensors"))!.byteLength).toBe(
      bytes.length,
    );
  });

  test("another origin may hide Content-Range, and is not asked If-Range", async () => {
    vi.stubGlobal("location", new URL("https://app.test/"));
    const hide: typeof fetch = async (input, init) => {
      const { status, body, headers } = await server.fetch(input, init);
      headers.delete("Content-Range");
      return new Response(body, { status, headers });
    };
    server.serve(weightsPath, weights);
    server.breaks.push(5 * chunkBytes + 1);
    expectBytes(await readWeights({ fetch: hide }), weights);
    expect(server.requests[1]).toMatchObject({ status: 206, ifRange: null });
  });
});

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

describe("stopping", () => {
  test("an abort half-way rejects with its reason; the next load resumes", async () => {
    server.serve(weightsPath, weights);
    const abort = new AbortController();
    const opened = await openFiles({ signal: abort.signal }).open("model.safetensors");
    const reader = await readSome(opened!.stream, 3);
    abort.abort(new Error("enough"));
    await expect(reader.read()).rejects.toThrow("enough");
    expectBytes(await readWeights(), weights);
    expect(server.requests[1]).toMatchObject({ range: `bytes=${16 * chunkBytes}-` });
  });

  test("an abort while the network is silent", async () => {
    const abort = new AbortController();
    const silent: typeof fetch = async (_, init) =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            init!.signal!.addEventListener("abort", () => controller.error(init!.signal!.reason)),
        }),
      );
    const opened = await openFiles({ signal: abort.signal, fetch: silent }).open("config.json");
    const read = opened!.stream.getReader().read();
    abort.abort(new Error("enough"));
    await expect(read).rejects.toThrow("enough");
  });

  test("an abort before the answer", async () => {
    const abort = new AbortController();
    const unanswered: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init!.signal!.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        abort.abort(new Error("enough"));
      });
    const files = openFiles({ signal: abort.signal, fetch: unanswered });
    await expect(files.open("config.json")).rejects.toThrow("enough");
  });

  test("an abort before the question, even while the store is asked, makes no request", async () => {
    const abort = new AbortController();
    const slow: ChunkStore = {
      ...store,
      read: async () => {
        abort.abort(new Error("enough"));
        return null;
      },
    };
    const files = openFiles({ store: slow, signal: abort.signal });
    await expect(files.open("config.json")).rejects.toThrow("enough");
    await expect(files.open("config.json")).rejects.toThrow("enough");
    expect(server.requests).toEqual([]);
  });

  test("cancelling keeps the chunks and asks the server for no more than was read", async () => {
    server.serve(weightsPath, weights);
    const opened = await openFiles().open("model.safetensors");
    await (await readSome(opened!.stream, 1)).cancel();
    expect(await store.read(weightsUrl)).toMatchObject({ state: "partial", chunkCount: 16 });
    expect(server.requests[0]!.sentBytes).toBeLessThan(18 * chunkBytes);
  });
});

describe("two tabs", () => {
  test("download a file once", async () => {
    const locks = fakeLocks();
    server.serve(weightsPath, weights);
    const both = await Promise.all([readWeights({ locks }), readWeights({ locks })]);
    for (const bytes of both) expectBytes(bytes, weights);
    expect(server.requests).toHaveLength(1);
  });

  test("the second goes on where the first broke off", async () => {
    const locks = fakeLocks();
    server.serve(weightsPath, weights);
    server.breaks.push(5 * chunkBytes + 1);
    const [first, second] = await Promise.allSettled([
      readWeights({ locks, retryDelays: [] }),
      readWeights({ locks }),
    ]);
    expect(first.status).toBe("rejected");
    expectBytes((second as PromiseFulfilledResult<Uint8Array>).value, weights);
    expect(ranges()).toEqual([null, `bytes=${5 * chunkBytes}-`]);
  });

  test("an abort ends the waiting, and cancelling lets the next one in", async () => {
    const locks = fakeLocks();
    server.serve(weightsPath, weights);
    const opened = await openFiles({ locks }).open("model.safetensors");
    const abort = new AbortController();
    const waiting = openFiles({ locks, signal: abort.signal }).open("model.safetensors");
    setTimeout(() => abort.abort(new Error("enough")));
    await expect(waiting).rejects.toThrow("enough");
    const next = readWeights({ locks });
    await opened!.stream.cancel();
    expectBytes(await next, weights);
  });

  test("an abort lets the next one in though nobody reads", async () => {
    const locks = fakeLocks();
    server.serve(weightsPath, weights);
    const abort = new AbortController();
    await openFiles({ locks, signal: abort.signal }).open("model.safetensors");
    const next = readWeights({ locks });
    abort.abort();
    expectBytes(await next, weights);
  });
});
