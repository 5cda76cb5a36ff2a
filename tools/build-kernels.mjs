// Builds the kernels of asconfig.json, build/kernels-*.wasm, when a file of assembly/ is newer than
// one of them. Prints to stderr only, so that the command's stdout stays clean.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
const sources = [
  "asconfig.json",
  ...readdirSync("assembly")
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `assembly/${name}`),
];
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(...sources.map(modified));
const stale = Object.keys(targets).filter((name) => modified(targets[name].outFile) < newest);

if (stale.length > 0) {
  process.stderr.write("Building the WebAssembly kernels ...\n");
  // One process for all: the compiler's own start is most of a build.
  const asc = await import("assemblyscript/asc");
  for (const name of stale) {
    const started = new Date();
    const { error } = await asc.main(["--target", name], {
      stdout: process.stderr,
      stderr: process.stderr,
      writeFile: (path, contents) => replaceFile(path, contents, started),
    });
    if (error !== null) process.exit(1);
  }
}

/**
 * Whole or not at all, since another command may be reading it; as old as the sources it was made
 * from, so that one saved meanwhile counts as newer.
 */
function replaceFile(path, contents, time) {
  mkdirSync("build", { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  utimesSync(draft, time, time);
  renameSync(draft, path);
}
