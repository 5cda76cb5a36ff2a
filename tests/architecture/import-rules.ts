/** The import directions of the house, and a checker that reads source text. */

/** Anyone may import these; they import each other only. */
const leaves = [
  "src/errors",
  "src/options",
  "src/results",
  "src/describe-value",
  "src/json-fields",
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
  "src/index": [
    "src/create-transcriber",
    "src/transcriber",
    "src/audio",
    "src/storage",
    "type worker/protocol",
  ],
  "src/create-transcriber": ["src/transcriber"],
  "src/widget": ["src/transcriber", "src/audio", "src/embedded-model", "type worker/protocol"],
  // twenty megabytes: for those who ask for them, never for the engine or its entry
  "src/tiny.en": ["src/embedded-model"],
  "src/embedded-model": [],
  "src/transcriber": ["src/audio", "src/engine-thread", "src/stoppable", "type worker/protocol"],
  "src/engine-thread": [
    "src/audio/until-aborted",
    "src/stoppable",
    "worker/transfer-handlers",
    "type worker/protocol",
  ],
  "src/stoppable": [],
  "src/audio": [],
  // the wire
  "worker/protocol": [],
  "worker/transfer-handlers": ["worker/iterable-port"],
  "worker/iterable-port": [],
  // one thread of the pool, and how the engine starts it
  "worker/kernel.worker": ["type src/kernels"],
  "worker/kernel-host": ["type src/kernels"],
  // the engine
  "worker/engine.worker": [
    "src/storage",
    "src/kernels",
    "src/transcription",
    "worker/kernel-host",
    "worker/transfer-handlers",
    "worker/turns",
    "type worker/protocol",
  ],
  "worker/turns": [],
  "src/storage": ["type src/model/model-source"],
  "src/transcription": [
    "src/decoding",
    "src/model",
    "src/features",
    "src/audio/voice-activity",
    "type src/kernels",
  ],
  "src/decoding": ["src/model"],
  "src/model": ["src/kernels"],
  "src/features": ["src/kernels"],
  "src/kernels": [],
  ...Object.fromEntries(leaves.map((leaf) => [leaf, []])),
  // beneath and beside
  assembly: [],
  tools: [
    "src/audio",
    "src/features",
    "src/model",
    "src/decoding",
    "src/transcription",
    "src/kernels",
    "src/storage",
    "src/tiny.en",
  ],
};

/** Which package (or scope, or "node:") may be imported where. */
const packages: Readonly<Record<string, readonly string[]>> = {
  comlink: [
    "src/transcriber",
    "src/engine-thread",
    "worker/transfer-handlers",
    "worker/engine.worker",
  ],
  "idb-keyval": ["src/storage"],
  "@noble/hashes": ["src/storage"],
  pako: ["src/decoding"],
  "@audio": ["tools"],
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
