import { describe, expect, test, vi } from "vitest";
import { DownloadError, ModelError } from "../../src/errors.ts";
import { chunkBytes } from "../../src/storage/chunk-store.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { downloadProgress, openModelFiles } from "../../src/storage/model-files.ts";
import { expectBytes, sha256 } from "./bytes.ts";
import { noise, noNetwork, origin, weights } from "./file-server.ts";
import {
  events,
  openFiles,
  readSome,
  readWeights,
  server,
  store,
  warnings,
  weightsPath,
  weightsUrl,
} from "./model-files-setup.ts";

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
    const model = { name: "mine", files: { "config.json": `${origin}/config.json` } };
    const files = openModelFiles(locateModel(model), { store, fetch: noNetwork });
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

describe("progress of a download", () => {
  test("at most ten events a second, the first and the last always", () => {
    let time = 0;
    const report = downloadProgress(
      "a.bin",
      (event) => events.push(event),
      () => time,
    );
    for (time = 0; time <= 1000; time += 10) report(time, 1001, false, false);
    report(1001, 1001, false, true);
    const loaded = events.map((event) => (event.status === "download" ? event.loadedBytes : null));
    expect(loaded).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1001]);
  });

  test("a total that is exceeded was none", () => {
    const report = downloadProgress("a.bin", (event) => events.push(event));
    report(100, 99, true, true);
    expect(events).toEqual([
      { status: "download", file: "a.bin", loadedBytes: 100, totalBytes: null, cached: true },
    ]);
  });
});
