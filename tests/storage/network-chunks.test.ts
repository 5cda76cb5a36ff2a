import { expect, test } from "vitest";
import { cutChunks } from "../../src/storage/network-chunks.ts";
import { noise } from "./file-server.ts";

async function* inPieces(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function cut(bytes: Uint8Array, pieceLength: number) {
  const chunks = [];
  for await (const chunk of cutChunks(inPieces(bytes, pieceLength), 8)) chunks.push(chunk);
  return chunks;
}

/** The specification: slices of 8, the last one marked; of nothing one empty slice. */
function naiveCut(bytes: Uint8Array) {
  const count = Math.max(1, Math.ceil(bytes.length / 8));
  return Array.from({ length: count }, (_, i) => ({
    bytes: bytes.slice(i * 8, (i + 1) * 8),
    last: i === count - 1,
  }));
}

test.each([0, 1, 7, 8, 9, 15, 16, 17, 40])("%i bytes in pieces of every length", async (length) => {
  const bytes = noise(length, length);
  for (let pieceLength = 1; pieceLength <= length + 1; pieceLength++) {
    expect(await cut(bytes, pieceLength)).toEqual(naiveCut(bytes));
  }
});

test("each chunk owns its buffer", async () => {
  const chunks = await cut(noise(20, 1), 20);
  expect(chunks.map(({ bytes }) => bytes.buffer.byteLength)).toEqual([8, 8, 4]);
});

test("a full chunk waits for the byte after it", async () => {
  let asked = 0;
  async function* pieces() {
    asked++;
    yield noise(8, 1);
    asked++;
    yield noise(1, 2);
    asked++;
  }
  const chunks = cutChunks(pieces(), 8);
  expect((await chunks.next()).value).toMatchObject({ last: false });
  expect(asked).toBe(2);
});
