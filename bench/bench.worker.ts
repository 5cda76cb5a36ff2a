import { workerHost } from "../worker/kernel-host.ts";
import type { BenchHost, BenchMessage, BenchRequest } from "./protocol.ts";
import { runBench } from "./run-bench.ts";

/** Where tools of the bench serve onnxruntime-web's files as they are (bench/browser.ts). */
const ONNX_RUNTIME = new URL("/onnxruntime-web/", location.href).href;

const post = (message: BenchMessage) => postMessage(message);

const host: BenchHost = {
  kernels: workerHost,
  facts: { host: navigator.userAgent, hardwareConcurrency: navigator.hardwareConcurrency },
  async readRooflines(build) {
    const response = await fetch(new URL(`/build/bench-${build}.wasm`, location.href));
    if (!response.ok) throw new Error(`bench-${build}.wasm: ${response.status}`);
    return response.arrayBuffer();
  },
  async openOnnxRuntime() {
    const address = `${ONNX_RUNTIME}ort.wasm.min.mjs`;
    const runtime = await import(/* @vite-ignore */ address);
    runtime.env.wasm.wasmPaths = ONNX_RUNTIME;
    return runtime;
  },
  progress: (text) => post({ type: "progress", text }),
};

addEventListener("message", async ({ data }: MessageEvent<BenchRequest>) => {
  try {
    for (const report of await runBench(data, host)) {
      post({ type: "report", report, facts: host.facts });
    }
    post({ type: "done" });
  } catch (error) {
    post({ type: "error", message: (error instanceof Error && error.stack) || String(error) });
  }
});
