import { acceptedBuilds, type KernelBuild } from "../src/kernels/choose-build.ts";
import type { Samples, Work } from "./measure.ts";
import { median, round } from "./measure.ts";
import type { BenchHost } from "./protocol.ts";

/** The functions of bench/assembly/. */
export interface RooflineExports {
  readonly F32_OPERATIONS: WebAssembly.Global;
  readonly INT8_OPERATIONS: WebAssembly.Global;
  peakF32(turns: number, one: number): number;
  peakInt8(turns: number, one: number): number;
  readMemory(buffer: number, bytes: number): number;
  rewriteMemory(buffer: number, bytes: number): void;
  radix2RowsF32(data: number, rows: number, n: number): void;
}

/** A roof: work whose amount is known, and what its rate is called. */
export interface Roof {
  readonly name: string;
  readonly work: Work;
  /** Operations or bytes of one call. */
  readonly amount: number;
}

/** Beyond any cache. */
const BUFFER_BYTES = 256e6;
const PAGE_BYTES = 65536;
const TURNS = 100_000;

/**
 * What this machine can do on one core, measured beside the kernels: arithmetic without memory,
 * memory without arithmetic.
 */
export interface Rooflines {
  readonly f32: Roof;
  readonly int8: Roof;
  readonly read: Roof;
}

/** The build that kernels get here unless their self-test fails. */
export function fastestBuild(): KernelBuild {
  return acceptedBuilds()[0]!;
}

export async function openRooflines(host: BenchHost, build: KernelBuild): Promise<Rooflines> {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(BUFFER_BYTES / PAGE_BYTES) + 1 });
  const exports = await instantiateRooflines(host, build, memory);
  // Pages never written to may all be one page of zeros in the cache.
  new Uint8Array(memory.buffer).fill(1);
  const roofs = {
    f32: {
      name: build === "relaxed" ? "f32 madd GFLOP/s" : "f32 mul+add GFLOP/s",
      work: () => exports.peakF32(TURNS, 1),
      amount: TURNS * exports.F32_OPERATIONS.value,
    },
    int8: {
      name: build === "relaxed" ? "int8 dot GOP/s" : "int16 dot GOP/s",
      work: () => exports.peakInt8(TURNS, 1),
      amount: TURNS * exports.INT8_OPERATIONS.value,
    },
    read: {
      name: "read 256 MB GB/s",
      work: () => exports.readMemory(PAGE_BYTES, BUFFER_BYTES),
      amount: BUFFER_BYTES,
    },
  };
  wakeUp(roofs.f32.work);
  return roofs;
}

export async function instantiateRooflines(
  host: BenchHost,
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<RooflineExports> {
  const wasm = await host.readRooflines(build);
  const { instance } = await WebAssembly.instantiate(wasm, { env: { memory } });
  return instance.exports as unknown as RooflineExports;
}

/** A page that was idle runs slowly for its first second. */
export function wakeUp(work: Work): void {
  const start = performance.now();
  while (performance.now() - start < 1000) work();
}

/** Thousand millions a second. */
export function rate(amount: number, milliseconds: number): number {
  return amount / milliseconds / 1e6;
}

/** Collects what the roofs were at each measurement, for the report. */
export class RoofLog {
  readonly #samples = new Map<string, number[]>();

  add(roof: Roof, samples: Samples): void {
    const rates = samples.map((sample) => rate(roof.amount, sample));
    this.#samples.set(roof.name, [...(this.#samples.get(roof.name) ?? []), ...rates]);
  }

  /** Median rates by the roofs' names. */
  summary(): Record<string, number> {
    return Object.fromEntries(
      [...this.#samples].map(([name, rates]) => [name, round(median(rates))]),
    );
  }
}
