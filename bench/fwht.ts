import type { KernelExports } from "../build/kernel-exports.d.ts";
import { alternate, median, medianRatio, percent, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import { randomValues } from "./random-tensor.ts";
import type { Report } from "./report.ts";
import {
  fastestBuild,
  instantiateRooflines,
  RoofLog,
  type RooflineExports,
  rate,
  wakeUp,
} from "./rooflines.ts";

const PAGE_BYTES = 65536;
/** A buffer beyond any cache, and one that stays in the second. */
const powersOfTwo = [512, 2048, 8192];
const widthsOfWhisper = [384, 768, 1280, 1536, 5120];
const buffers = [
  { name: "256 MB", bytes: 256e6, widths: [...powersOfTwo, ...widthsOfWhisper] },
  { name: "256 KB", bytes: 256e3, widths: powersOfTwo },
];

/**
 * The transforms of rows against reading and writing the same buffer in place, and against a plain
 * radix-2 transform of it.
 */
export async function benchFwht(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const build = fastestBuild();
  const pages = Math.ceil(buffers[0]!.bytes / PAGE_BYTES) + 2;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const wasm = await host.kernels.readModule(build);
  const { instance } = await WebAssembly.instantiate(wasm, { env: { memory } });
  const kernels = instance.exports as unknown as KernelExports;
  const rooflines = await instantiateRooflines(host, build, memory);
  const start = Math.ceil(kernels.heapBase() / PAGE_BYTES) * PAGE_BYTES;
  const floats = new Float32Array(memory.buffer, start, Math.floor(buffers[0]!.bytes / 4));
  const random = randomValues("fwht", 1 << 16);
  for (let at = 0; at < floats.length; at += random.length) {
    floats.set(random.subarray(0, floats.length - at), at);
  }
  wakeUp(() => kernels.hadamardRowsF32(start, 1000, 512));

  for (const n of powersOfTwo) checkAgreement(floats, start, n, kernels, rooflines);

  const log = new RoofLog();
  const rows = [];
  for (const buffer of buffers) {
    for (const n of buffer.widths) {
      host.progress(`rows of ${n}, ${buffer.name}`);
      const count = Math.floor(buffer.bytes / (4 * n));
      const bytes = Math.floor((count * n * 4) / 64) * 64;
      const isPower = powersOfTwo.includes(n);
      const rewrite = {
        name: `rewrite ${buffer.name} GB/s`,
        work: () => rooflines.rewriteMemory(start, bytes),
        amount: bytes,
      };
      const [transform, inPlace, radix2] = await alternate(request.runs, [
        () => kernels.hadamardRowsF32(start, count, n),
        rewrite.work,
        ...(isPower ? [() => rooflines.radix2RowsF32(start, count, n)] : []),
      ]);
      log.add(rewrite, inPlace!);
      rows.push({
        n,
        buffer: buffer.name,
        "GB/s": round(rate(count * n * 4, median(transform!))),
        spread: spread(transform!),
        "rewrite GB/s": round(rate(bytes, median(inPlace!))),
        "of it": percent(medianRatio(inPlace!, transform!)),
        "x radix 2": radix2 === undefined ? null : round(medianRatio(radix2, transform!)),
      });
    }
  }
  return [
    {
      title: `Hadamard transforms of rows, ${build} build, one thread`,
      rows,
      notes: ["GB/s: bytes of the buffer, which are read and written. Goal: 1.5 times radix 2."],
      rooflines: log.summary(),
    },
  ];
}

/** The two transforms, one after the other, must give back what was there: each is its own inverse. */
function checkAgreement(
  floats: Float32Array,
  start: number,
  n: number,
  kernels: KernelExports,
  { radix2RowsF32 }: RooflineExports,
): void {
  const before = floats.slice(0, n);
  kernels.hadamardRowsF32(start, 1, n);
  radix2RowsF32(start, 1, n);
  if (before.some((value, i) => Math.abs(value - floats[i]!) > 1e-5)) {
    throw new Error(`The transforms of ${n} do not agree.`);
  }
}
