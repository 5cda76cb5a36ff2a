import { describe, expect, it } from "vitest";
import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import { HEAD_BYTES } from "../../src/checkpoint/coded-layout.ts";
import { codedSlot } from "../../src/checkpoint/coded-slot.ts";
import { crc32 } from "../../src/checkpoint/crc32.ts";
import type { TensorEntry } from "../../src/checkpoint/safetensors.ts";
import { ModelError } from "../../src/errors.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { encodeCodes } from "../../tools/recast/encode-codes.ts";
import { type CodedMatrix, normalCodes } from "../fixtures/normal-codes.ts";
import { seededRandom } from "../fixtures/random.ts";

const FILE = "model.safetensors";

/** What the slot makes of these bytes, delivered `chunkBytes` at a time. */
async function decode(
  kernels: Kernels,
  bytes: Uint8Array,
  [rows, columns]: readonly [number, number],
  { chunkBytes = 1000, byteLength = bytes.length } = {},
): Promise<Int8Array> {
  const { heap } = kernels;
  const mark = heap.mark();
  const found = new Int8Array(rows * columns);
  let next = 0;
  const slot = codedSlot(kernels, [rows, columns], (codes, row, count) => {
    expect(row).toBe(next);
    expect(row % 8).toBe(0);
    next += count;
    found.set(new Int8Array(heap.u8(codes, count * columns)), row * columns);
  });
  const entry: TensorEntry = { name: "a.coded", dtype: "U8", shape: [byteLength], byteLength };
  slot.check(entry, FILE);
  const reader = new ByteReader(streamOf(bytes, chunkBytes));
  try {
    await slot.place(entry, reader, FILE);
    expect(next).toBe(rows);
    expect(heap.mark()).toBe(mark);
    return found;
  } finally {
    heap.release(mark);
  }
}

function streamOf(bytes: Uint8Array, chunkBytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at + chunkBytes));
      at += chunkBytes;
    },
  });
}

function encode({ codes, rows, columns, multipliers }: CodedMatrix): Uint8Array {
  return encodeCodes(codes, rows, columns, multipliers);
}

async function expectRoundTrip(kernels: Kernels, matrix: CodedMatrix, options = {}) {
  const shape = [matrix.rows, matrix.columns] as const;
  const found = await decode(kernels, encode(matrix), shape, options);
  expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(matrix.codes.buffer))).toBe(0);
}

/** A matrix of one value's worth of columns. */
function matrixOf([rows, columns]: readonly [number, number], code: (at: number) => number) {
  const codes = Int8Array.from({ length: rows * columns }, (_, at) => code(at));
  return { rows, columns, codes, multipliers: new Uint8Array(columns).fill(1) };
}

describe("codedSlot", () => {
  it.each([
    [1, 1],
    [1, 7],
    [1, 384],
    [3, 33],
    [8, 8],
    [13, 100],
    [21, 5121],
    [5000, 1],
    [9000, 3],
    [384, 1536],
    [1536, 384],
  ] as const)("gives back a matrix of %i x %i", async (rows, columns) => {
    const kernels = await instantiateNodeKernels();
    const deviation = (row: number) => 0.3 * 2 ** (row % 7);
    await expectRoundTrip(kernels, normalCodes([rows, columns], 1, deviation));
    const multiplier = (column: number) => 1 + ((column * 5) % 12);
    await expectRoundTrip(kernels, normalCodes([rows, columns], 2, deviation, multiplier));
  });

  it("gives back a token embedding", async () => {
    const matrix = normalCodes([51865, 64], 3, (row) => 2 + (row % 5));
    await expectRoundTrip(await instantiateNodeKernels(), matrix, { chunkBytes: 65536 });
  });

  it("gives back zeros, in next to no bytes", async () => {
    const kernels = await instantiateNodeKernels();
    const zeros = matrixOf([384, 384], () => 0);
    await expectRoundTrip(kernels, zeros);
    expect(encode(zeros).length).toBeLessThan(384 * 384 * 0.001);
  });

  it.each([
    ["only the largest", (): number => 127],
    ["only the smallest", (): number => -127],
    ["both ends", (at: number) => (at % 2 ? 127 : -127)],
    ["all codes alike", (at: number) => (at % 255) - 127],
    ["one outlier among zeros", (at: number) => (at === 777 ? -127 : 0)],
  ])("gives back %s", async (_, code) => {
    await expectRoundTrip(await instantiateNodeKernels(), matrixOf([24, 50], code));
  });

  it("gives back every multiple of every multiplier", async () => {
    const kernels = await instantiateNodeKernels();
    for (const first of [1, 64]) {
      const multiplier = (column: number) => first + (column % 64);
      const wide = normalCodes([40, 64], 4, () => 300, multiplier);
      await expectRoundTrip(kernels, wide);
      await expectRoundTrip(
        kernels,
        normalCodes([40, 64], 5, () => 1, multiplier),
      );
    }
  });

  it("gives back heavy tails, which have the other shape", async () => {
    const random = seededRandom(12);
    const tailed = () => Math.sign(random() - 0.5) * Math.log(1 - random());
    for (const k of [1, 3]) {
      const codes = Int8Array.from({ length: 64 * 90 }, () => Math.round(tailed() * 4) * k);
      const matrix = { rows: 64, columns: 90, codes, multipliers: new Uint8Array(90).fill(k) };
      expect(encode(matrix)[13]).toBe(1);
      await expectRoundTrip(await instantiateNodeKernels(), matrix);
    }
  });

  it.each([1, 2, 13, 4096, 1 << 20])("reads chunks of %i bytes", async (chunkBytes) => {
    const matrix = normalCodes(
      [300, 700],
      6,
      () => 4,
      (column) => 1 + (column % 3),
    );
    await expectRoundTrip(await instantiateNodeKernels(), matrix, { chunkBytes });
  });

  it("leaves what follows the tensor in the reader", async () => {
    const kernels = await instantiateNodeKernels();
    const bytes = encode(normalCodes([16, 20], 7, () => 3));
    const reader = new ByteReader(streamOf(Uint8Array.of(...bytes, 1, 2, 3), 50));
    const entry: TensorEntry = {
      name: "a",
      dtype: "U8",
      shape: [bytes.length],
      byteLength: bytes.length,
    };
    await codedSlot(kernels, [16, 20], () => {}).place(entry, reader, FILE);
    expect(Array.from(await reader.read(9))).toEqual([1, 2, 3]);
  });

  it("refuses another dtype or more than one dimension", async () => {
    const { check } = codedSlot(await instantiateNodeKernels(), [8, 8], () => {});
    const entry = { name: "a", byteLength: 64 };
    expect(() => check({ ...entry, dtype: "I8", shape: [64] }, FILE)).toThrow(ModelError);
    expect(() => check({ ...entry, dtype: "U8", shape: [8, 8] }, FILE)).toThrow(ModelError);
  });
});

describe("damage of coded weights gives a ModelError", () => {
  const shape = [16, 24] as const;
  const small = encode(
    normalCodes(
      shape,
      8,
      () => 5,
      (column) => 1 + (column % 2),
    ),
  );

  it("every byte changed, in one bit and in all", async () => {
    const kernels = await instantiateNodeKernels();
    for (let at = 0; at < small.length; at++) {
      for (const bits of [1 << (at % 8), 0xff]) {
        const bytes = small.slice();
        bytes[at]! ^= bits;
        await expect(decode(kernels, bytes, shape), `byte ${at}`).rejects.toThrow(ModelError);
      }
    }
  });

  it("cut at every length, in the file and in the header too", async () => {
    const kernels = await instantiateNodeKernels();
    for (let length = 0; length < small.length; length++) {
      const cut = small.subarray(0, length);
      const options = { byteLength: small.length };
      await expect(decode(kernels, cut, shape, options)).rejects.toThrow(ModelError);
      await expect(decode(kernels, cut, shape)).rejects.toThrow(ModelError);
    }
  });

  it("bytes behind the last block", async () => {
    const longer = Uint8Array.of(...small, 0);
    await expect(decode(await instantiateNodeKernels(), longer, shape)).rejects.toThrow(
      "expected the end of the tensor, found 1 bytes more",
    );
  });

  it("another matrix's shape", async () => {
    const kernels = await instantiateNodeKernels();
    await expect(decode(kernels, small, [24, 16])).rejects.toThrow(
      "expected codes [24, 16], found [16, 24]. The weights do not belong to this config.json.",
    );
  });

  it("a head of another format, with its check right", async () => {
    const bytes = small.slice();
    bytes[12] = 2;
    new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4, HEAD_BYTES)), true);
    await expect(decode(await instantiateNodeKernels(), bytes, shape)).rejects.toThrow("format 2");
  });

  it("a length beyond what the rows could need, before it is read", async () => {
    const kernels = await instantiateNodeKernels();
    const plain = encode(normalCodes(shape, 9, () => 5));
    const bytes = new Uint8Array(1 << 20);
    bytes.set(plain);
    new DataView(bytes.buffer).setUint32(HEAD_BYTES + 4, 900_000, true);
    await expect(decode(kernels, bytes, shape)).rejects.toThrow(/a block of 42 to \d+ bytes/);
  });

  it("any bytes whose checks are right", async () => {
    const kernels = await instantiateNodeKernels();
    const plain = encode(normalCodes(shape, 10, () => 5));
    const random = seededRandom(11);
    for (let round = 0; round < 300; round++) {
      const bytes = plain.slice();
      const block = bytes.subarray(HEAD_BYTES);
      const from = round % 2 ? 8 : 8 + Math.floor(random() * (block.length - 8));
      for (let at = from; at < block.length; at++) block[at] = Math.floor(random() * 256);
      new DataView(bytes.buffer).setUint32(HEAD_BYTES, crc32(block.subarray(4)), true);
      await expect(decode(kernels, bytes, shape)).rejects.toThrow(ModelError);
    }
  });
});
