import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { KernelExports } from "../../build/kernel-exports.d.ts";
import { Heap } from "../../src/kernels/heap.ts";
import { createSharedMemory } from "../../src/kernels/memory.ts";
import {
  type KernelThread,
  type StartThread,
  startThreads,
  type ThreadMessage,
} from "../../src/kernels/thread-pool.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { randomF32 } from "../fixtures/random.ts";
import { compileAssembly } from "./compile-assembly.ts";

interface PoolJobs extends Pick<KernelExports, "heapBase" | "packRowsF32"> {
  resetThreads(): void;
  setThreads(count: number): void;
  countJobs(jobs: number, tiles: number, counters: number): number;
  whoTakesTiles(tiles: number, threads: number): void;
  trapOffCaller(tiles: number, scratch: number): void;
  matmulInTiles(a: number, packed: number, c: number, n: number): void;
}

const nodeKernels = new URL("../../tools/node/kernels.ts", import.meta.url).href;
const module = await WebAssembly.compile(await compileAssembly("pool-jobs.ts"));

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A clock that stands still: help never costs anything. */
const stopped = () => 0;

async function startPool(threads: number, now = stopped, start = nodeHost.startThread!) {
  const kernelMemory = createSharedMemory()!;
  const { memory } = kernelMemory;
  const instance = await WebAssembly.instantiate(module, { env: { memory, now } });
  const jobs = instance.exports as unknown as PoolJobs;
  jobs.resetThreads();
  const pool = await startThreads(threads, start, module, memory);
  jobs.setThreads(pool.threads);
  return { jobs, pool, heap: new Heap(kernelMemory, jobs.heapBase()) };
}

/** A thread that tells when it traps. */
const startFailing: StartThread = (answer) => {
  const script = `
    const { parentPort } = require("node:worker_threads");
    let exports;
    parentPort.on("message", ({ module, memory, thread }) => {
      if (thread !== undefined) {
        try {
          while (exports.serveKernels(thread));
        } catch {
          exports.failThread();
        }
        return;
      }
      ({ exports } = new WebAssembly.Instance(module, { env: { memory, now: () => 0 } }));
      parentPort.postMessage("ready");
    });`;
  const worker = new Worker(script, { eval: true });
  worker.once("message", () => answer(true));
  return { send: (message) => worker.postMessage(message), end: () => void worker.terminate() };
};

describe("a pool of Node's workers", () => {
  it.each([
    { threads: 1, tiles: 5 },
    { threads: 2, tiles: 2 },
    { threads: 2, tiles: 25 },
    { threads: 8, tiles: 3 },
    { threads: 8, tiles: 50 },
  ])("does every tile of every small job once: %o", async ({ threads, tiles }) => {
    const { jobs, pool, heap } = await startPool(threads);
    expect(pool.threads).toBe(threads);
    const counters = heap.copyI32(new Array(tiles).fill(0));
    expect(jobs.countJobs(100_000, tiles, counters)).toBe(0);
    pool.dispose();
  });

  it("wakes threads that have gone to sleep, and gives each its number", async () => {
    const { jobs, pool, heap } = await startPool(3);
    const threads = heap.allocate(4 * 60);
    const seen = new Set<number>();
    // A busy machine may let one thread do a whole job.
    for (let job = 0; job < 50 && seen.size < 3; job++) {
      await new Promise((later) => setTimeout(later, 10));
      jobs.whoTakesTiles(60, threads);
      for (const thread of heap.i32(threads, 60)) seen.add(thread);
    }
    expect([...seen].sort()).toEqual([0, 1, 2]);
    pool.dispose();
  });

  it("works alone, for longer and longer, while help costs more than it gives", async () => {
    const jobs = 2000;
    const sharedJobs = async (times: readonly number[]) => {
      let readings = 0;
      const pool = await startPool(2, () => times[readings++ % 3]!);
      expect(pool.jobs.countJobs(jobs, 2, pool.heap.copyI32([0, 0]))).toBe(0);
      pool.pool.dispose();
      return readings / 3;
    };
    // Readings of a shared job: its start, the caller has no tile left, all tiles are done.
    expect(await sharedJobs([0, 1, 1])).toBe(jobs);
    expect(await sharedJobs([0, 1, 1000])).toBeLessThan(jobs / 5);
  });

  it("multiplies matrices to the last bit as one thread does, also in memory that grew", async () => {
    const { jobs, pool, heap } = await startPool(4);
    const n = 64;
    const a = heap.copyF32(randomF32(n * n, 1));
    const weights = heap.copyF32(randomF32(n * n, 2));
    heap.allocate(300e6); // beyond what the threads saw when they started
    const packed = heap.allocateF32(n * n);
    jobs.packRowsF32(weights, n, n, n, packed);
    const c = heap.allocateF32(n * n);
    jobs.setThreads(1);
    jobs.matmulInTiles(a, packed, c, n);
    const alone = heap.f32(c, n * n).slice();
    heap.f32(c, n * n).fill(0);
    jobs.setThreads(4);
    for (let i = 0; i < 20; i++) jobs.matmulInTiles(a, packed, c, n);
    expect(heap.f32(c, n * n)).toEqual(alone);
    expect(alone.some((x) => x !== 0)).toBe(true);
    pool.dispose();
  });

  it("throws where a thread traps, and at every job after it", async () => {
    const { jobs, pool, heap } = await startPool(2, stopped, startFailing);
    const scratch = heap.copyI32([0, 0]);
    expect(() => {
      // A busy machine may let the caller do a whole job.
      for (let job = 0; job < 50; job++) jobs.trapOffCaller(60, scratch);
    }).toThrow(WebAssembly.RuntimeError);
    expect(() => jobs.countJobs(1, 2, scratch)).toThrow(WebAssembly.RuntimeError);
    pool.dispose();
  });

  it("ends its threads when it is disposed, though they are asleep", async () => {
    const terminate = vi.spyOn(Worker.prototype, "terminate");
    const { jobs, pool, heap } = await startPool(3);
    jobs.countJobs(1, 3, heap.copyI32([0, 0, 0]));
    await new Promise((later) => setTimeout(later, 50));
    pool.dispose();
    expect(terminate).toHaveBeenCalledTimes(2);
    await Promise.all(terminate.mock.results.map(({ value }) => value));
  });
});

describe("a process with a pool", () => {
  it.each(["kernels.dispose();", ""])('ends by itself after "%s"', async (last) => {
    const script = `
      import { instantiateNodeKernels } from ${JSON.stringify(nodeKernels)};
      const kernels = await instantiateNodeKernels({ threads: 2 });
      console.log(kernels.threads);
      ${last}`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--import",
      import.meta.resolve("tsx"),
      "--input-type=module",
      "--eval",
      script,
    ]);
    expect(Number(stdout)).toBe(Math.min(2, availableParallelism()));
  });
});

describe("startThreads", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });

  /** Threads that answer as `answers` says; null never. */
  function fakeThreads(...answers: (boolean | null)[]) {
    const threads: { readonly sent: ThreadMessage[]; ended: boolean }[] = [];
    const start: StartThread = (answer) => {
      const own = answers[threads.length]!;
      const thread = { sent: [] as ThreadMessage[], ended: false };
      threads.push(thread);
      if (own !== null) queueMicrotask(() => answer(own));
      return {
        send: (message) => thread.sent.push(message),
        end: () => {
          thread.ended = true;
        },
      } satisfies KernelThread;
    };
    return { threads, start };
  }

  it("numbers those that came up, without gaps", async () => {
    const { threads, start } = fakeThreads(true, false, true);
    const pool = await startThreads(4, start, module, memory);
    expect(pool.threads).toBe(3);
    expect(threads.map(({ sent }) => sent)).toEqual([
      [{ module, memory }, { thread: 1 }],
      [{ module, memory }],
      [{ module, memory }, { thread: 2 }],
    ]);
    expect(threads.map(({ ended }) => ended)).toEqual([false, true, false]);
    pool.dispose();
    expect(threads.map(({ ended }) => ended)).toEqual([true, true, true]);
  });

  it("does without those that cannot be started", async () => {
    const pool = await startThreads(3, () => fail("no more workers"), module, memory);
    expect(pool.threads).toBe(1);
    pool.dispose();
  });

  it("does not wait for ever for one that is held back", async () => {
    vi.useFakeTimers();
    const { threads, start } = fakeThreads(null, true);
    const starting = startThreads(3, start, module, memory);
    await vi.advanceTimersByTimeAsync(5000);
    expect((await starting).threads).toBe(2);
    expect(threads.map(({ ended }) => ended)).toEqual([true, false]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
