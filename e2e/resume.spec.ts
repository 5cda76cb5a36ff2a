import { statSync } from "node:fs";
import type { Page } from "@playwright/test";
import { chunkBytes } from "../src/storage/chunk-store.ts";
import type { FileServer } from "./fixtures/file-server.ts";
import { expect, importPackage, recognise, sample, test } from "./fixtures/test.ts";

const weightsBytes = statSync(
  new URL("../tests/fixtures/models/digits/model.safetensors", import.meta.url),
).size;
const half = Math.floor(weightsBytes / 2);

/** Byte lengths of the stored chunks of the weights, in order. */
function storedChunks(page: Page, server: FileServer): Promise<number[]> {
  return page.evaluate(async (url) => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settled(indexedDB.open("fwhisper-models"));
    const objects = database.transaction("files").objectStore("files");
    const range = IDBKeyRange.bound(["chunk", url], ["chunk", url, []]);
    const chunks: { bytes: Uint8Array }[] = await settled(objects.getAll(range));
    database.close();
    return chunks.map(({ bytes }) => bytes.length);
  }, server.url("models/digits/model.safetensors"));
}

/** Slow enough that the page has read the first half when the connection breaks. */
function breakHalfWay(server: FileServer): void {
  server.bytesPerSecond = 2_000_000;
  server.cuts.push(half);
}

const heard = { text: sample.text };

const wholeChunks = [
  ...Array(Math.floor(weightsBytes / chunkBytes)).fill(chunkBytes),
  weightsBytes % chunkBytes,
];

test("the weights lie in IndexedDB in chunks of 64 KB", async ({ page, fwhisper, server }) => {
  expect(chunkBytes).toBe(65536);
  expect(await recognise(fwhisper, server.url("models/digits/"))).toMatchObject(heard);
  expect(await storedChunks(page, server)).toEqual(wholeChunks);
});

test("a download that breaks off goes on where it stopped", async ({ page, fwhisper, server }) => {
  breakHalfWay(server);
  expect(await recognise(fwhisper, server.url("models/digits/"))).toMatchObject(heard);
  const [first, second, ...others] = server.requestsFor("model.safetensors");
  expect(first).toMatchObject({ status: 200, range: null });
  expect(second?.status).toBe(206);
  const from = Number(/^bytes=(\d+)-$/.exec(second?.range ?? "")?.[1]);
  expect(from % chunkBytes).toBe(0);
  expect(from).toBeGreaterThan(0);
  expect(from).toBeLessThanOrEqual(half);
  expect(others).toEqual([]);
  expect(await storedChunks(page, server)).toEqual(wholeChunks);
});

test("a load that was given up is resumed after the page was opened anew", async ({
  page,
  fwhisper,
  server,
}) => {
  const url = server.url("models/digits/");
  server.bytesPerSecond = 1_000_000;
  const failure = await fwhisper.evaluate(async ({ createTranscriber }, url) => {
    const controller = new AbortController();
    const loading = createTranscriber(url, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.status === "download" && event.loadedBytes > 500_000) controller.abort("enough");
      },
    });
    return loading.then(
      () => "loaded",
      (reason) => reason,
    );
  }, url);
  expect(failure).toBe("enough");
  const stored = await storedChunks(page, server);
  expect(stored.length).toBeGreaterThanOrEqual(Math.floor(500_000 / chunkBytes));
  expect(stored.length).toBeLessThan(wholeChunks.length);

  server.bytesPerSecond = Number.POSITIVE_INFINITY;
  await page.reload();
  expect(await recognise(await importPackage(page, server), url)).toMatchObject(heard);
  const [, second] = server.requestsFor("model.safetensors");
  expect(second).toMatchObject({ status: 206, range: `bytes=${stored.length * chunkBytes}-` });
});

test("a server that knows no ranges starts over", async ({ page, fwhisper, server }) => {
  server.ranges = false;
  breakHalfWay(server);
  expect(await recognise(fwhisper, server.url("models/digits/"))).toMatchObject(heard);
  const requests = server.requestsFor("model.safetensors");
  expect(requests.map(({ status }) => status)).toEqual([200, 200]);
  expect(requests[1]?.range).toMatch(/^bytes=\d+-$/);
  expect(await storedChunks(page, server)).toEqual(wholeChunks);
});
