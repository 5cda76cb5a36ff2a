import { describe, expect, it } from "vitest";
import { codeFrequencies, contextShift } from "../../src/checkpoint/code-frequencies.ts";
import { HEAD_BYTES } from "../../src/checkpoint/coded-layout.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { encodeCodes } from "../../tools/recast/encode-codes.ts";
import { normalCodes } from "../fixtures/normal-codes.ts";
import { seededRandom } from "../fixtures/random.ts";
import { copyBytes } from "./operands.ts";
import { testKernels } from "./test-kernels.ts";

const GUARD = 77;
const BLOCK_START = 8;

function buildTables(kernels: Kernels): number {
  const tables = kernels.heap.allocate(kernels.codeTablesBytes());
  const frequencies = new Uint8Array(codeFrequencies("normal").buffer);
  kernels.buildCodeTables(copyBytes(kernels.heap, frequencies), tables);
  return tables;
}

/** Operands as the kernel wants them, the output and the scratch between guards. */
function decode(
  kernels: Kernels,
  tables: number,
  block: Uint8Array,
  [rows, columns]: readonly [number, number],
  multipliers: Uint8Array | null,
) {
  const { heap } = kernels;
  const mark = heap.mark();
  const size = rows * columns;
  const guarded = (byteLength: number) => {
    const pointer = heap.allocate(byteLength + 64);
    heap.u8(pointer, byteLength + 64).fill(GUARD);
    return pointer;
  };
  const source = copyBytes(heap, [...block, ...new Array(16).fill(0xff)]);
  const codes = guarded(size + 8);
  const scratchBytes = kernels.decodeCodesScratch(rows);
  const scratch = guarded(scratchBytes);
  const padded = new Array(-columns & 7).fill(1);
  const factors = multipliers === null ? [] : [...multipliers, ...padded];
  const sound = kernels.decodeCodes(
    source,
    block.length,
    rows,
    columns,
    multipliers === null ? 0 : heap.copyI32(factors.map((k) => contextShift(k) << 14)),
    multipliers === null ? 0 : copyBytes(heap, factors),
    tables,
    codes,
    scratch,
  );
  const after = [...heap.u8(codes + size + 8, 64), ...heap.u8(scratch + scratchBytes, 64)];
  expect(after).toEqual(new Array(128).fill(GUARD));
  const found = new Int8Array(heap.u8(codes, size)).slice();
  heap.release(mark);
  return { sound: sound !== 0, codes: Array.from(found) };
}

describe("decodeCodes", () => {
  it.each([
    [1, 8],
    [5, 5],
    [8, 33],
    [3, 384],
    [16, 100],
  ] as const)("decodes a block of %i x %i", async (rows, columns) => {
    const kernels = await testKernels();
    const tables = buildTables(kernels);
    const { codes, multipliers } = normalCodes([rows, columns], 1, (row) => 1 + row);
    const block = encodeCodes(codes, rows, columns, multipliers).subarray(HEAD_BYTES + BLOCK_START);
    for (const factors of [null, multipliers]) {
      const found = decode(kernels, tables, block, [rows, columns], factors);
      expect(found).toEqual({ sound: true, codes: Array.from(codes) });
    }
  });

  it("tells from the states and the words that are left whether a block is sound", async () => {
    const kernels = await testKernels();
    const tables = buildTables(kernels);
    const shape = [8, 40] as const;
    const { codes, multipliers } = normalCodes(shape, 2, () => 4);
    const block = encodeCodes(codes, ...shape, multipliers).subarray(HEAD_BYTES + BLOCK_START);
    const isSound = (bytes: Uint8Array) => decode(kernels, tables, bytes, shape, null).sound;
    expect(isSound(block)).toBe(true);
    expect(isSound(Uint8Array.of(...block, 0, 0))).toBe(false);
    for (let length = 0; length < block.length; length++) {
      expect(isSound(block.subarray(0, length))).toBe(false);
    }
    for (let at = 0; at < block.length; at++) {
      const changed = block.slice();
      changed[at]! ^= 0x10;
      expect(isSound(changed)).toBe(false);
    }
  });

  it("stays within its operands whatever the bytes are", async () => {
    const kernels = await testKernels();
    const tables = buildTables(kernels);
    const random = seededRandom(3);
    const bytes = (length: number) => Uint8Array.from({ length }, () => random() * 256);
    const multipliers = bytes(45).map((byte) => (byte % 127) + 1);
    for (let round = 0; round < 500; round++) {
      const block = bytes(Math.floor(random() * 800));
      const found = decode(kernels, tables, block, [7, 45], round % 2 ? multipliers : null);
      expect(found.sound).toBe(false);
    }
  });
});
