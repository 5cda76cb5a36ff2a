import type { KernelExports } from "../../build/kernel-exports.d.ts";
import { EngineError } from "../errors.ts";
import { acceptedBuilds, canShareMemory, type KernelBuild } from "./choose-build.ts";
import { Heap } from "./heap.ts";
import { createOwnMemory, createSharedMemory, type KernelMemory } from "./memory.ts";
import { chooseThreadCount } from "./thread-count.ts";
import { type StartThread, startThreads } from "./thread-pool.ts";

/** One instance of the kernel module with its linear memory, and the threads that help it. */
export interface Kernels extends KernelExports {
  readonly heap: Heap;
  readonly build: KernelBuild;
  /** Threads at work, the caller's own included. */
  readonly threads: number;
  /** Ends the other threads; the kernels are not to be called after it. */
  dispose(): void;
}

/** A target of asconfig.json: its file is build/kernels-<name>.wasm. */
export type KernelModule = KernelBuild | `${KernelBuild}-threads`;

/** What kernels need of where they run. */
export interface KernelHost {
  readModule(name: KernelModule): Promise<BufferSource>;
  /** Logical processors. */
  readonly processors: number;
  /** Left out where there are no workers. */
  readonly startThread?: StartThread | undefined;
}

export interface KernelOptions {
  /** Default: chooseThreadCount's rule. */
  readonly threads?: number | undefined;
  /** For tests and measurements; default: the fastest that passes its self-test. */
  readonly build?: KernelBuild | undefined;
}

const SELF_TEST_BYTES = 1536;

/**
 * Instantiates the fastest kernels that this machine runs right: on several threads where memory
 * can be shared, else on one, which is no error.
 *
 * @throws EngineError where WebAssembly SIMD is missing
 * @throws OptionError for `threads` that are no whole number from 1
 */
export async function instantiateKernels(
  host: KernelHost,
  options: KernelOptions = {},
): Promise<Kernels> {
  const asked = chooseThreadCount(options.threads, host.processors);
  const wanted = host.startThread !== undefined && canShareMemory() ? asked : 1;
  let cause: unknown;
  for (const build of options.build === undefined ? acceptedBuilds() : [options.build]) {
    const shared = wanted > 1 ? createSharedMemory() : null;
    const wasm = await host.readModule(shared === null ? build : `${build}-threads`);
    try {
      const instance = await instantiate(wasm, shared ?? createOwnMemory());
      if (!passesSelfTest(instance)) {
        cause = new EngineError(`The ${build} kernels multiply wrongly here.`);
        continue;
      }
      return await withThreads(instance, build, shared === null ? 1 : wanted, host.startThread);
    } catch (error) {
      cause = error;
    }
  }
  throw new EngineError(
    "The kernels could not start: this browser has no WebAssembly SIMD, or the file is damaged. Use a browser from 2023 or later.",
    {},
    { cause },
  );
}

/** An instance of a kernel module, and what another thread needs to make one beside it. */
interface Instance {
  readonly exports: KernelExports;
  readonly heap: Heap;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** What kernels import: milliseconds by a steady clock. */
const now = () => performance.now();

async function instantiate(wasm: BufferSource, kernelMemory: KernelMemory): Promise<Instance> {
  const { memory } = kernelMemory;
  const module = await WebAssembly.compile(wasm);
  const instance = await WebAssembly.instantiate(module, { env: { memory, now } });
  const exports = instance.exports as unknown as KernelExports;
  exports.resetThreads();
  return { exports, heap: new Heap(kernelMemory, exports.heapBase()), module, memory };
}

function passesSelfTest({ exports, heap }: Instance): boolean {
  const mark = heap.mark();
  const passes = exports.selfTest(heap.allocate(SELF_TEST_BYTES));
  heap.release(mark);
  return passes !== 0;
}

async function withThreads(
  { exports, heap, module, memory }: Instance,
  build: KernelBuild,
  wanted: number,
  startThread: StartThread | undefined,
): Promise<Kernels> {
  if (wanted === 1 || startThread === undefined) {
    return { ...exports, heap, build, threads: 1, dispose() {} };
  }
  const pool = await startThreads(wanted, startThread, module, memory);
  exports.setThreads(pool.threads);
  const dispose = () => {
    exports.stopThreads();
    pool.dispose();
  };
  return { ...exports, heap, build, threads: pool.threads, dispose };
}
