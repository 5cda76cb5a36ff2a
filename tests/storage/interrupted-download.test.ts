import { describe, expect, test } from "vitest";
import { DownloadError } from "../../src/errors.ts";
import { type ChunkStore, chunkBytes } from "../../src/storage/chunk-store.ts";
import { expectBytes, sha256 } from "./bytes.ts";
import { noise, noNetwork, weights } from "./file-server.ts";
import {
  openFiles,
  ranges,
  readSome,
  readWeights,
  server,
  store,
  weightsPath,
  weightsUrl,
} from "./model-files-setup.ts";

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

/** Web Locks within one process: exclusive, first come first served, abortable while waiting. */
function fakeLocks(): LockManager {
  const tails = new Map<string, Promise<void>>();
  async function request(
    name: string,
    { signal }: LockOptions,
    callback: () => Promise<void>,
  ): Promise<void> {
    const before = tails.get(name) ?? Promise.resolve();
    let release = () => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    tails.set(
      name,
      before.then(() => mine),
    );
    try {
      await new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", () => reject(signal.reason));
        before.then(resolve);
      });
      await callback();
    } finally {
      release();
    }
  }
  return { request } as unknown as LockManager;
}
