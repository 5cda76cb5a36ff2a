import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import type { KernelBuild } from "./src/kernels/choose-build.ts";

/**
 * What isolates a page from those it could share a process with, so that its threads may share
 * memory. Not the milder "credentialless": Safari has none, and what the page gets from elsewhere
 * (models, recordings) is fetched with CORS, which "require-corp" lets through. The service worker
 * adds the same headers where a server does not.
 */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // Relative addresses: the page works in any folder, and consumers' bundlers can follow them.
  base: "./",
  // Nothing is copied as it is. What is linked or imported gets a hash of its content in its name;
  // the model store keeps files by address, so that a new embedded model must have a new one.
  publicDir: false,
  html: {
    additionalAssetSources: { "speech-transcriber": { srcAttributes: ["sample"] } },
  },
  plugins: [literalAssetUrls(), leftAloneImports(), pageFiles()],
  worker: { format: "es" },
  server: { headers: isolation },
  preview: { headers: isolation },
  build: {
    target: "es2022",
    // The first browsers with light-dark(): what stands in for it would not follow the page.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The model's small JSON files stay files: their address is their key in the model store.
    assetsInlineLimit: 0,
    rollupOptions: {
      // One build is both the page and the package: entries keep their names and exports.
      input: {
        page: "index.html",
        index: "src/index.ts",
        element: "src/widget/element.ts",
        metrics: "src/metrics/index.ts",
        "tiny.en": "src/tiny.en.ts",
        "service-worker": "public/service-worker.js",
      },
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: (chunk) =>
          chunk.name === "page" ? "assets/[name]-[hash].js" : "[name].js",
      },
    },
  },
  test: {
    testTimeout: 60_000,
    // The encoder tests hold tens of megabytes each; two workers is what the smallest machine has cores for.
    maxWorkers: 2,
    projects: [
      kernelTests("plain", ["tests/**/*.test.ts"], []),
      kernelTests("relaxed", ["tests/{kernels,linear}/*.test.ts"], relaxedFlags()),
    ],
  },
});

/** Tests for which `inject("build")` is one build of the kernels (tests/kernels/test-kernels.ts). */
function kernelTests(build: KernelBuild, include: string[], execArgv: string[]) {
  return { extends: true, test: { name: build, include, execArgv, provide: { build } } } as const;
}

/**
 * What Node is told so that it runs relaxed SIMD. V8 11.3, that of Node 20, has it behind a flag, and its
 * baseline compiler multiplies wrongly; later ones need nothing, and may not know the flag any more.
 */
function relaxedFlags(): string[] {
  const isBehindFlag = process.versions.v8.startsWith("11.3.");
  return isBehindFlag ? ["--no-liftoff", "--experimental-wasm-relaxed-simd"] : [];
}

/**
 * Vite writes the address of an asset as `new URL(new URL("x", import.meta.url).href, "" +
 * import.meta.url)`. Browsers follow that, but the bundlers of those who use the package look for
 * the literal `new URL("./x", import.meta.url)`, and would leave worker, kernels and model behind.
 */
function literalAssetUrls(): Plugin {
  const quoted = /(?:``\+|""\+)?new URL\((["`])([^"`]+)\1,import\.meta\.url\)\.href/.source;
  // A worker's worker keeps the comment that Vite puts before its address.
  const space = /(?:\s|\/\*[^*]*\*\/)*/.source;
  const nested = new RegExp(
    `new URL\\(${space}${quoted},(?:\`\`\\+|""\\+)?import\\.meta\\.url\\)`,
    "g",
  );
  const literal = (code: string) =>
    code.replace(nested, (_, _quote, path: string) => {
      return `new URL(${JSON.stringify(path.startsWith(".") ? path : `./${path}`)},import.meta.url)`;
    });
  return {
    name: "literal-asset-urls",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") file.code = literal(file.code);
        // Workers are bundled apart and arrive here as assets.
        else if (file.fileName.endsWith(".js")) file.source = literal(String(file.source));
      }
    },
  };
}

/**
 * An import whose address is found at run time (src/create-transcriber.ts) is none of a bundler's
 * business; the comments that say so to those of our users are lost when the code is made small.
 */
function leftAloneImports(): Plugin {
  return {
    name: "left-alone-imports",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        const marked = "import(/* @vite-ignore */ /* webpackIgnore: true */ $1)";
        file.code = file.code.replace(/\bimport\((\w+)\)/g, marked);
      }
    },
  };
}

/**
 * Tells the service worker which files the page consists of: all that the build makes but the
 * package's entries and the embedded model, which the model store keeps.
 */
function pageFiles(): Plugin {
  return {
    name: "page-files",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) =>
        /^assets\/.+\.(?!json|safetensors)\w+$/.test(name),
      );
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk") this.error("service-worker.js is not in the build");
      worker.code = worker.code.replace("__PAGE_FILES__", JSON.stringify(files.sort()));
    },
  };
}
