/** The import directions of the house, and a checker that reads source text. */

/** Anyone may import these; they import each other only. */
const leaves = [
  "src/errors",
  "src/options",
  "src/results",
  "src/model-info",
  "src/describe-value",
  "src/json-fields",
  "src/async",
  "src/catalogue",
  "src/tokenizer",
  "src/formats",
  "src/metrics",
];

/**
 * Who may import what, besides itself and the leaves. "type x" allows `import type` only.
 * A name stands for a file (without its extension) or a folder with all that is in it.
 */
const directions: Readonly<Record<string, readonly string[]>> = {
  // the page
  "src/index": ["src/create-transcriber", "src/transcriber", "src/audio", "src/storage"],
  "src/create-transcriber": ["src/transcriber"],
  "src/widget": ["src/transcriber", "src/audio", "src/embedded-model"],
  // twenty megabytes: for those who ask for them, never for the engine or its entry
  "src/tiny.en": ["src/embedded-model"],
  "src/embedded-model": [],
  "src/transcriber": ["src/audio", "src/wire"],
  "src/wire": [],
  "src/audio": [],
  // one thread of the pool, and how the engine starts it
  "worker/kernel.worker": ["type src/kernels", "type build/kernel-exports.d"],
  "worker/kernel-host": ["type src/kernels"],
  // the engine
  "worker/engine.worker": [
    "src/storage",
    "src/kernels",
    "src/captions",
    "src/transcription",
    "src/wire/transfer-handlers",
    "worker/kernel-host",
    "type src/wire/protocol",
  ],
  "src/storage": ["type src/checkpoint/model-source"],
  "src/captions": [
    "src/transcription",
    "src/alignment",
    "src/decoding",
    "src/model",
    "src/features",
    "src/vad",
  ],
  "src/transcription": [
    "src/alignment",
    "src/decoding",
    "src/model",
    "src/checkpoint",
    "src/features",
    "src/vad",
    "type src/kernels",
    "type src/linear/linear",
  ],
  "src/alignment": ["src/decoding", "type src/checkpoint/generation-config"],
  "src/decoding": ["src/model", "type src/checkpoint/generation-config"],
  "src/model": ["src/linear", "src/checkpoint", "src/kernels"],
  "src/linear": ["src/checkpoint", "src/kernels"],
  "src/checkpoint": ["src/kernels", "src/features/feature-config"],
  "src/features": ["src/kernels"],
  "src/vad": [],
  "src/kernels": ["type build/kernel-exports.d"],
  ...Object.fromEntries(leaves.map((leaf) => [leaf, []])),
  // beneath and beside
  assembly: [],
  tools: [
    "src/audio",
    "src/vad",
    "src/features",
    "src/checkpoint",
    "src/linear",
    "src/model",
    "src/alignment",
    "src/decoding",
    "src/transcription",
    "src/captions",
    "src/kernels",
    "src/storage",
    "src/tiny.en",
  ],
};

/** Which package (or scope, or "node:") may be imported where. */
const packages: Readonly<Record<string, readonly string[]>> = {
  comlink: ["src/transcriber", "src/wire", "worker/engine.worker"],
  "idb-keyval": ["src/storage"],
  "@noble/hashes": ["src/storage"],
  pako: ["src/decoding"],
  "@audio": ["src/audio", "tools"],
  "@playwright/test": ["tools"],
  vite: ["tools"],
  assemblyscript: ["tools"],
  "node:": ["tools"],
};

/** What only a page has; workers and Node do not. */
const pageGlobals =
  /\b(?:document|HTML\w*Element|ShadowRoot|customElements|(?:Offline)?AudioContext|AudioBuffer|MediaStream|localStorage|window\.(?:document|location|navigator|\w+EventListener))\b/g;
const pageUnits = ["src/widget", "src/transcriber", "src/audio"];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** What is wrong with one file of the repository, a line each. `path` is relative to its root. */
export function findViolations(path: string, source: string): string[] {
  const code = withoutComments(source);
  const violations: string[] = [];
  const unit = unitOf(path);
  if (unit === undefined) return [`${path} belongs to no part of the house: name it in the table`];
  for (const { specifier, typeOnly } of findImports(code)) {
    if (!mayImport(unit, path, specifier, typeOnly)) {
      violations.push(`${path} must not import ${typeOnly ? "types of " : ""}${specifier}`);
    }
  }
  if (!pageUnits.includes(unit)) {
    for (const [name] of withoutStrings(code).matchAll(pageGlobals)) {
      violations.push(`${path} must not use ${name}: only a page has it`);
    }
  }
  return violations;
}

/** The files of the repository that a file imports, their types too. */
export function importedFiles(path: string, source: string): string[] {
  return (
    findImports(withoutComments(source))
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier }) => new URL(specifier, `file:///${path}`).pathname.slice(1))
      // AssemblyScript leaves it out.
      .map((file) => (/\.\w+$/.test(file) ? file : `${file}.ts`))
  );
}

function mayImport(unit: string, path: string, specifier: string, typeOnly: boolean): boolean {
  if (!specifier.startsWith(".")) {
    const name = Object.keys(packages).find((name) => isWithin(specifier, name));
    return name !== undefined && packages[name]!.includes(unit);
  }
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1).replace(/\.\w+$/, "");
  if (unitOf(target) === unit) return true;
  const allowed = [...directions[unit]!, ...(unit === "assembly" ? [] : leaves)];
  return allowed.some((entry) => {
    const [name, needsType] = entry.startsWith("type ") ? [entry.slice(5), true] : [entry, false];
    return isWithin(target, name) && (typeOnly || !needsType);
  });
}

function unitOf(path: string): string | undefined {
  return Object.keys(directions).find((name) => isWithin(path.replace(/\.\w+$/, ""), name));
}

function isWithin(path: string, name: string): boolean {
  return path === name || path.startsWith(name.endsWith(":") ? name : `${name}/`);
}

function findImports(code: string): Import[] {
  const found: Import[] = [];
  const declaration = /^(?:import|export)\s+(type\s)?[\w$*{},\s]*?\bfrom\s*["']([^"']+)["']/gm;
  for (const [, type, specifier] of code.matchAll(declaration)) {
    found.push({ specifier: specifier!, typeOnly: type !== undefined });
  }
  const bare = /^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  for (const [, sideEffect, dynamic] of code.matchAll(bare)) {
    found.push({ specifier: (sideEffect ?? dynamic)!, typeOnly: false });
  }
  return found;
}

const stringOrComment =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[\s\S]*?\*\//g;

function withoutComments(source: string): string {
  return source.replace(stringOrComment, (_, string?: string) => string ?? " ");
}

function withoutStrings(code: string): string {
  return code.replace(stringOrComment, '""');
}
