import { createHash } from "node:crypto";
import { expect } from "vitest";

export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const response = new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await response.arrayBuffer());
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** `toEqual` on a megabyte takes seconds. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect([actual.length, sha256(actual)]).toEqual([expected.length, sha256(expected)]);
}
