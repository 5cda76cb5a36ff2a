import "fake-indexeddb/auto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chunkBytes, indexedDbChunkStore } from "../../src/storage/chunk-store.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { openModelFiles } from "../../src/storage/model-files.ts";
import { expectBytes, readAll } from "./bytes.ts";
import { weights } from "./file-server.ts";

/** The real fetch against a real server, whose first connection stalls after half of the file. */
const half = 10 * chunkBytes + 5;
const ranges: (string | undefined)[] = [];
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    response.writeHead(range === undefined ? 200 : 206, {
      "Content-Length": weights.length - start,
      "Content-Range": `bytes ${start}-${weights.length - 1}/${weights.length}`,
      ETag: '"v1"',
    });
    if (range === undefined) response.write(weights.subarray(0, half));
    else response.end(weights.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("aborted over a stalled connection, resumed, and read again after the server is gone", async () => {
  const location = locateModel(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m`);
  const store = indexedDbChunkStore("network");
  const abort = new AbortController();
  /** Aborts when all that the server sent was taken and more is asked for. */
  const abortAtStall: typeof fetch = async (input, init) => {
    const reader = (await fetch(input, init)).body!.getReader();
    let taken = 0;
    const body = new ReadableStream(
      {
        async pull(controller) {
          if (taken === half) abort.abort(new Error("enough"));
          const { value } = await reader.read();
          taken += value!.length;
          controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "Content-Length": `${weights.length}`, ETag: '"v1"' } });
  };
  const options = { store, signal: abort.signal, fetch: abortAtStall };
  const first = await openModelFiles(location, options).open("a.bin");
  const read = readAll(first!.stream);
  await expect(read).rejects.toThrow("enough");
  const [record] = await store.list();
  expect(record).toMatchObject({ state: "partial", totalBytes: weights.length });
  expect(record!.chunkCount).toBe(10);

  const second = await openModelFiles(location, { store }).open("a.bin");
  expectBytes(await readAll(second!.stream), weights);
  expect(ranges).toEqual([undefined, `bytes=${10 * chunkBytes}-`]);

  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const third = await openModelFiles(location, { store }).open("a.bin");
  expectBytes(await readAll(third!.stream), weights);
});
