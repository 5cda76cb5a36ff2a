import { defineConfig, type Plugin } from "vite";

/**
 * The `fwhisper` command for Node. It lies two folders below the package's root, as the sources that
 * use `new URL("../../...", import.meta.url)` do, so that kernels are found; the script of its threads
 * lies beside it, as it does in tools/node/.
 */
export default defineConfig({
  publicDir: false,
  plugins: [embeddedModelOfThePackage()],
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

/** The weights lie in the package once: where the page's build put them, and dist/tiny.en.js tells. */
function embeddedModelOfThePackage(): Plugin {
  return {
    name: "embedded-model-of-the-package",
    enforce: "pre",
    resolveId: (source) =>
      source.endsWith("/src/tiny.en.ts") ? { id: "../tiny.en.js", external: true } : undefined,
  };
}
