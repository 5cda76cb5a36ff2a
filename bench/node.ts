import { readFile } from "node:fs/promises";
import { nodeHost } from "../tools/node/kernels.ts";
import type { BenchHost } from "./host.ts";
import type { BenchMessage, BenchRequest } from "./protocol.ts";
import { runBench } from "./run-bench.ts";

/** Runs a bench in this process. */
export async function runInNode(
  request: BenchRequest,
  onMessage: (message: BenchMessage) => void,
): Promise<void> {
  const host: BenchHost = {
    kernels: nodeHost,
    facts: { host: `Node ${process.version}`, hardwareConcurrency: nodeHost.processors },
    readRooflines: (build) => readFile(new URL(`../build/bench-${build}.wasm`, import.meta.url)),
    openOnnxRuntime: () => import("onnxruntime-web"),
    progress: (text) => onMessage({ type: "progress", text }),
  };
  for (const report of await runBench(request, host)) {
    onMessage({ type: "report", report, facts: host.facts });
  }
}
