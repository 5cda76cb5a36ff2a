import { defineConfig } from "vite";

/**
 * The `fwhisper` command for Node. It lies two folders below the package's root, as the sources that
 * use `new URL("../../...", import.meta.url)` do, so that kernels and embedded model are found.
 */
export default defineConfig({
  publicDir: false,
  build: { ssr: "tools/fwhisper.ts", outDir: "dist/node", target: "node20" },
});
