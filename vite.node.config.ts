import { defineConfig } from "vite";

/**
 * The `fwhisper` command for Node. It lies two folders below the package's root, as the sources that
 * use `new URL("../../...", import.meta.url)` do, so that kernels and embedded model are found; the
 * script of its threads lies beside it, as it does in tools/node/.
 */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: "dist/node",
    target: "node20",
    rollupOptions: {
      input: { fwhisper: "tools/fwhisper.ts", "kernel-thread": "tools/node/kernel-thread.mjs" },
      output: {
        entryFileNames: ({ name }) => (name === "kernel-thread" ? "[name].mjs" : "[name].js"),
      },
    },
  },
});
