import type { Kernels } from "../src/kernels/kernels.ts";
import { instantiateNodeKernels } from "../tools/node/kernels.ts";
import { measure, report, round } from "./measure.ts";

/** The matrix products of Whisper's encoders and of one decoder step: [rows, inner, columns]. */
const products = [
  [1500, 384, 384],
  [1500, 384, 1536],
  [1500, 1536, 384],
  [1500, 1280, 1280],
  [1, 384, 1536],
  [1, 384, 51865],
] as const;

/** Rates of the float32 matrix product; beside them the best rate of all as this machine's ceiling. */
export async function benchMatmul(runs: number): Promise<void> {
  const rates = [];
  for (const [rows, inner, columns] of products) {
    const { heap, matmulRowsF32 } = await instantiateNodeKernels();
    const a = heap.allocateF32(rows * inner);
    const panels = heap.allocateF32(Math.ceil(columns / 8) * 8 * inner);
    const c = heap.allocateF32(rows * columns);
    const { median } = await measure(runs, () => {
      matmulRowsF32(a, inner, panels, inner * 8, 0, c, columns, rows, inner, columns, false);
    });
    const gflops = (2 * rows * inner * columns) / median / 1e6;
    const weightRate = (4 * inner * columns) / median / 1e6;
    rates.push({ rows, inner, columns, median, gflops, weightRate });
  }
  const best = Math.max(...rates.map(({ gflops }) => gflops));
  report(
    "matmul",
    rates.map(({ rows, inner, columns, median, gflops, weightRate }) => ({
      shape: `${rows} x ${inner} x ${columns}`,
      ms: round(median),
      "GFLOP/s": round(gflops),
      "of the best": round(gflops / best),
      ...(rows === 1 && { "GB/s of weights": round(weightRate) }),
    })),
  );
}

const BUFFER_FLOATS = 2 ** 23;

/** Rates of the Hadamard transforms over 32 MB, beside copying the same bytes. */
export async function benchHadamard(runs: number): Promise<void> {
  const kernels: Kernels = await instantiateNodeKernels();
  const { heap } = kernels;
  const data = heap.allocateF32(BUFFER_FLOATS);
  const target = heap.allocateF32(BUFFER_FLOATS);
  const bytes = BUFFER_FLOATS * 4;
  const view = heap.u8(data, target - data + bytes);
  const copy = await measure(runs, () => view.copyWithin(target - data, 0, bytes));
  const rows = [];
  for (const n of [384, 512, 768, 1280, 2048, 5120, 8192]) {
    const count = Math.floor(BUFFER_FLOATS / n);
    const { median } = await measure(runs, () => kernels.hadamardRowsF32(data, count, n));
    const rate = (count * n * 4) / median / 1e6;
    const copyRate = bytes / copy.median / 1e6;
    rows.push({
      n,
      "GB/s": round(rate),
      "copy GB/s": round(copyRate),
      ratio: round(rate / copyRate),
    });
  }
  report("hadamard", rows);
}
