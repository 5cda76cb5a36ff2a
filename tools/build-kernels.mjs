// Builds the kernels of asconfig.json, build/kernels-*.wasm, and their types as the host sees them,
// build/kernel-exports.d.ts, when a file of assembly/ is newer than one of them; with the argument
// "bench" what the bench measures them against, build/bench-*.wasm, from bench/. Prints to stderr only,
// so that the command's stdout stays clean.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const isBench = process.argv[2] === "bench";
process.chdir(fileURLToPath(new URL(isBench ? "../bench" : "..", import.meta.url)));

const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
const typesFile = "build/kernel-exports.d.ts";
const sources = [
  "asconfig.json",
  fileURLToPath(import.meta.url),
  ...readdirSync("assembly", { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `assembly/${name}`),
];
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(...sources.map(modified));
const stale = Object.keys(targets).filter((name) => modified(targets[name].outFile) < newest);
const needsTypes = !isBench && (stale.length > 0 || modified(typesFile) < newest);

if (stale.length > 0 || needsTypes) {
  process.stderr.write(`Building the ${isBench ? "bench's own" : "WebAssembly"} kernels ...\n`);
  // One process for all: the compiler's own start is most of a build.
  const asc = await import("assemblyscript/asc");
  const started = new Date();
  for (const name of stale) {
    await compile(["--target", name], ".wasm", (path, code) => replaceFile(path, code, started));
  }
  // All builds export the same functions. Declared with a build, they would change what it exports.
  const untouched = "--runtime stub --enable simd --bindings raw --outFile x.wasm".split(" ");
  if (needsTypes) {
    await compile(["--config", "none", "assembly/index.ts", ...untouched], ".d.ts", (_, text) =>
      replaceFile(typesFile, hostTypes(text), started),
    );
  }

  async function compile(options, kind, write) {
    const { error } = await asc.main(options, {
      stdout: process.stderr,
      stderr: process.stderr,
      writeFile: (path, contents) => path.endsWith(kind) && write(path, contents),
    });
    if (error !== null) process.exit(1);
  }
}

/**
 * From what the compiler declares of its JavaScript bindings to the exports themselves, which take
 * pointers to structs and give 0 or 1 for booleans.
 */
function hostTypes(declarations) {
  const [, functions] = declarations.match(/^declare namespace .*?\{\n(.*?)^\}/ms);
  const methods = functions
    .replace(/ {2}\/\*\* Exported memory \*\/\n.*\n/, "")
    .replaceAll("export function ", "")
    .replaceAll(/\b__Record\d+<\w+>/g, "number")
    .replaceAll("): boolean;", "): number;");
  return `/**
 * The functions of assembly/index.ts. Pointers are byte addresses in linear memory, 16-byte aligned where
 * a row begins; strides count float32 elements. Shapes, units and sources stand at each kernel.
 */
export interface KernelExports {
${methods}}
`;
}

/**
 * Whole or not at all, since another command may be reading it; as old as the sources it was made
 * from, so that one saved meanwhile counts as newer.
 */
function replaceFile(path, contents, time) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  utimesSync(draft, time, time);
  renameSync(draft, path);
}
