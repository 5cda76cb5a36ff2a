import type * as OnnxRuntime from "onnxruntime-web";
import type { KernelBuild } from "../src/kernels/choose-build.ts";
import type { KernelHost } from "../src/kernels/kernels.ts";
import type { MachineFacts } from "./report.ts";

/** Where a bench runs: a worker of a page, or Node. */
export interface BenchHost {
  readonly kernels: KernelHost;
  readonly facts: MachineFacts;
  /** build/bench-<build>.wasm. */
  readRooflines(build: KernelBuild): Promise<BufferSource>;
  openOnnxRuntime(): Promise<typeof OnnxRuntime>;
  progress(text: string): void;
}
