import { describe, expect, it } from "vitest";
import { MemoryLimitError } from "../../src/errors.ts";
import { Heap } from "../../src/kernels/heap.ts";
import { createOwnMemory, createSharedMemory } from "../../src/kernels/memory.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";

describe.each([
  ["its own", createOwnMemory],
  ["shared", () => createSharedMemory()!],
])("Heap of %s memory", (_, createMemory) => {
  const createHeap = () => new Heap(createMemory(), 1000);

  it("gives aligned memory that does not overlap, and takes it back", () => {
    const heap = createHeap();
    const mark = heap.mark();
    const first = heap.copyF32([1, 2, 3]);
    const second = heap.copyI32([-4, 5]);
    expect(first % 64).toBe(0);
    expect(second).toBe(first + 64);
    expect(Array.from(heap.f32(first, 3))).toEqual([1, 2, 3]);
    expect(Array.from(heap.i32(second, 2))).toEqual([-4, 5]);
    const used = heap.usedBytes;
    heap.release(mark);
    expect(heap.usedBytes).toBe(mark);
    expect(heap.peakBytes).toBe(used);
    expect(heap.allocate(1)).toBe(first);
  });

  it("keeps what was written while the memory grows, and shows what is new", () => {
    const heap = createHeap();
    const pointer = heap.copyF32([7]);
    const end = heap.allocate(50_000_000) + 50_000_000;
    expect(heap.f32(pointer, 1)[0]).toBe(7);
    expect(heap.u8(end - 1, 1)[0]).toBe(0);
  });

  it("gives slices that are copies, of memory of their own", () => {
    const heap = createHeap();
    const pointer = heap.copyF32([7]);
    const slice = heap.f32(pointer, 1).slice();
    heap.f32(pointer, 1)[0] = 8;
    expect(slice[0]).toBe(7);
    expect(slice.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("refuses more than 32-bit memory holds, and stays usable", () => {
    const heap = createHeap();
    expect(() => heap.allocate(5e9)).toThrow(MemoryLimitError);
    expect(() => heap.allocate(5e9)).toThrow("at least 5001 MB are needed");
    expect(heap.copyF32([1])).toBeGreaterThan(0);
  });
});

describe("Kernels", () => {
  it("work beyond 2 GiB, where addresses look negative to JavaScript's integers", async () => {
    const { heap, ...kernels } = await instantiateNodeKernels();
    heap.allocate(2.2e9); // never touched, so it costs no memory
    const [rows, inner, columns] = [6, 5, 9];
    const a = heap.copyF32(new Float32Array(rows * inner).fill(2));
    const weights = heap.copyF32(new Float32Array(columns * inner).fill(3));
    const packed = heap.allocateF32(16 * inner);
    kernels.packRowsF32(weights, columns, inner, inner, packed);
    const c = heap.allocateF32(rows * columns);
    const panel = inner * 8;
    kernels.matmulRowsF32(a, inner, packed, panel, 0, c, columns, rows, inner, columns, false);
    expect(c).toBeGreaterThan(2 ** 31);
    expect(Array.from(heap.f32(c, rows * columns))).toEqual(new Array(54).fill(30));
    kernels.geluF32(c, 54);
    kernels.fwhtRowsF32(a, 1, 16, 1);
    expect(heap.f32(c, 1)[0]).toBe(30);
    expect(heap.f32(a, 1)[0]).toBe(32);
  });
});
