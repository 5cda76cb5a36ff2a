import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { createServer, type Plugin } from "vite";
import { launchOptions } from "../e2e/fixtures/browser.ts";
import type { BenchMessage, BenchRequest } from "./protocol.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Shared memory and clocks of full resolution need an isolated page. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Runs a bench in a worker of a page of its own, in Chromium; messages come as they are posted. */
export async function runInBrowser(
  request: BenchRequest,
  onMessage: (message: BenchMessage) => void,
): Promise<void> {
  const server = await createServer({
    root,
    logLevel: "error",
    // Nothing may reload the page while it measures.
    server: { host: "127.0.0.1", port: 0, headers: isolation, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    plugins: [serveOnnxRuntime()],
  });
  try {
    await server.listen();
    const browser = await chromium.launch(launchOptions());
    try {
      const page = await browser.newPage();
      page.on("pageerror", (error) => onMessage({ type: "error", message: error.message }));
      let end!: () => void;
      const ended = new Promise<void>((resolve, reject) => {
        end = resolve;
        page.on("crash", () => reject(new Error("The page crashed; most likely memory ran out.")));
      });
      await page.exposeFunction("hear", (message: BenchMessage) => {
        onMessage(message);
        if (message.type === "done" || message.type === "error") end();
      });
      await page.goto(new URL("/bench/page.html", server.resolvedUrls!.local[0]).href);
      await page.evaluate(startWorker, request);
      await ended;
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

/** Runs in the page. */
function startWorker(request: BenchRequest): void {
  const { hear } = globalThis as unknown as { hear(message: BenchMessage): void };
  const worker = new Worker("/bench/bench.worker.ts", { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = ({ message }) => hear({ type: "error", message: `The worker: ${message}` });
  worker.postMessage(request);
}

/** onnxruntime-web starts workers of its own scripts, which must arrive as they were published. */
function serveOnnxRuntime(): Plugin {
  const folder = join(root, "node_modules/onnxruntime-web/dist");
  const types: Record<string, string> = { ".mjs": "text/javascript", ".wasm": "application/wasm" };
  return {
    name: "onnxruntime-web",
    configureServer({ middlewares }) {
      middlewares.use("/onnxruntime-web", async (request, response, next) => {
        const { pathname } = new URL(request.url ?? "/", "http://localhost");
        const path = normalize(join(folder, pathname));
        const stats = await stat(path).catch(() => null);
        if (!path.startsWith(folder + sep) || !stats?.isFile()) return next();
        response.writeHead(200, {
          ...isolation,
          "Content-Type": types[extname(path)] ?? "application/octet-stream",
          "Content-Length": stats.size,
        });
        createReadStream(path).pipe(response);
      });
    },
  };
}
