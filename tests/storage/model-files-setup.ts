/**
 * For the tests of model-files: importing this gives every test a server, an empty store, and the
 * progress events of what it opens.
 */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, vi } from "vitest";
import type { LoadProgress } from "../../src/results.ts";
import { type ChunkStore, indexedDbChunkStore } from "../../src/storage/chunk-store.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { type ModelFilesOptions, openModelFiles } from "../../src/storage/model-files.ts";
import { readAll } from "./bytes.ts";
import { FileServer, origin } from "./file-server.ts";

export const location = locateModel(`${origin}/m`);
export const weightsUrl = `${origin}/m/model.safetensors`;
export const weightsPath = "m/model.safetensors";

export let server: FileServer;
export let store: ChunkStore;
export let events: LoadProgress[];
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

export function openFiles(options: ModelFilesOptions = {}) {
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

export async function readWeights(options?: ModelFilesOptions): Promise<Uint8Array> {
  return readAll((await openFiles(options).open("model.safetensors"))!.stream);
}

/** Reads `count` chunks and stops, by cancelling or by just not asking for more. */
export async function readSome(stream: ReadableStream<Uint8Array>, count: number) {
  const reader = stream.getReader();
  for (let i = 0; i < count; i++) await reader.read();
  return reader;
}

export const warnings = () => events.filter(({ status }) => status === "warning");
export const ranges = () => server.requests.map(({ range }) => range);
