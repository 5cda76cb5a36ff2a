/** What the command tells a bench, and what it hears from it, in the same process or in a page. */

import type * as OnnxRuntime from "onnxruntime-web";
import type { KernelBuild } from "../src/kernels/choose-build.ts";
import type { KernelHost } from "../src/kernels/kernels.ts";
import type { LoadOptions } from "../src/options/options.ts";
import type { MachineFacts, Report } from "./report.ts";
import type { ShapeName } from "./shapes.ts";

export type WeightsKind = NonNullable<LoadOptions["weights"]>;

export const benchNames = [
  "kernels",
  "encode",
  "decode",
  "batch",
  "end-to-end",
  "peers",
  "memory",
  "fwht",
  "rotation",
  "decode-codes",
] as const;
export type BenchName = (typeof benchNames)[number];

export interface BenchRequest {
  readonly bench: BenchName;
  readonly shape: ShapeName;
  readonly weights: readonly WeightsKind[];
  readonly threads: readonly number[];
  readonly runs: number;
}

export type BenchMessage =
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "report"; readonly report: Report; readonly facts: MachineFacts }
  | { readonly type: "done" }
  | { readonly type: "error"; readonly message: string };

/** Where a bench runs: a worker of a page, or Node. */
export interface BenchHost {
  readonly kernels: KernelHost;
  readonly facts: MachineFacts;
  /** build/bench-<build>.wasm. */
  readRooflines(build: KernelBuild): Promise<BufferSource>;
  openOnnxRuntime(): Promise<typeof OnnxRuntime>;
  progress(text: string): void;
}
