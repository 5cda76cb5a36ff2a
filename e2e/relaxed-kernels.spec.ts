import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { createServer } from "vite";

// The relaxed build in a browser's engine. Its unit tests run in Node (tests/kernels).

/** What the page imports from the sources. */
type Sources = typeof import("../src/kernels/kernels.ts") &
  typeof import("../src/linear/rotated-storage.ts") &
  typeof import("../worker/kernel-host.ts");

test("the relaxed build is chosen and multiplies right; plain can be asked for", async ({
  page,
}) => {
  const server = await createServer({
    root: fileURLToPath(new URL("../", import.meta.url)),
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    await server.listen();
    // A document without scripts.
    await page.goto(new URL("/asconfig.json", server.resolvedUrls!.local[0]).href);
    const sources = await page.evaluateHandle<Sources>(`Promise.all([
      import("/src/kernels/kernels.ts"),
      import("/src/linear/rotated-storage.ts"),
      import("/worker/kernel-host.ts"),
    ]).then((modules) => Object.assign({}, ...modules))`);
    const results = await sources.evaluate(
      async ({ instantiateKernels, RotatedStorage, workerHost }) => {
        const [inner, columns, rows] = [64, 8, 7];
        const wave = (length: number, step: number) =>
          Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)));
        const [weights, input] = [wave(columns * inner, 0.7), wave(rows * inner, 1.3)];

        /** A rotated int8 layer, and the largest of its errors beside exact products. */
        const multiply = async (build?: "plain") => {
          const kernels = await instantiateKernels(workerHost, { threads: 1, build });
          const { heap } = kernels;
          const storage = new RotatedStorage(kernels, { inner, columns }, 8, 0);
          storage.placeFloats(heap.copyF32(weights), 0, columns);
          const output = heap.allocateF32(rows * columns);
          const scratch = heap.allocate(kernels.rotatedLinearScratch(storage.pointer));
          const from = heap.copyF32(input);
          kernels.rotatedLinearRows(
            from,
            rows,
            0,
            0,
            0,
            storage.pointer,
            output,
            columns,
            false,
            scratch,
          );
          const errors = Array.from(heap.f32(output, rows * columns), (y, i) => {
            const [r, j] = [Math.floor(i / columns), i % columns];
            for (let k = 0; k < inner; k++) y -= input[r * inner + k]! * weights[j * inner + k]!;
            return Math.abs(y);
          });
          return { build: kernels.build, largestError: Math.max(...errors) };
        };
        return [await multiply(), await multiply("plain")] as const;
      },
    );
    expect(results.map(({ build }) => build)).toEqual(["relaxed", "plain"]);
    // Sums of 64 products of numbers up to 1, one of them rounded to 7 bits.
    expect(results[0].largestError).toBeLessThan(0.5);
    expect(results[1].largestError).toBeLessThan(0.2);
  } finally {
    await server.close();
  }
});
