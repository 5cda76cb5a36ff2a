import { crc32 as crc32OfZlib } from "node:zlib";
import { expect, it } from "vitest";
import { crc32 } from "../../src/checkpoint/crc32.ts";

it("is the CRC-32 of zlib, for every length and cut in two anywhere", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 41 }, (_, i) => i * 89 + 200);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    expect(crc32(part)).toBe(crc32OfZlib(part));
    expect(crc32(bytes.subarray(length), crc32(part))).toBe(crc32OfZlib(bytes));
  }
});
