// Builds what the bench measures the kernels against, build/bench-*.wasm, when a file of
// bench/assembly/ is newer than one of them.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const sources = readdirSync("assembly").map((name) => `assembly/${name}`);
const newest = Math.max(...["asconfig.json", ...sources].map(modified));
const stale = Object.keys(targets).filter((name) => modified(targets[name].outFile) < newest);

if (stale.length > 0) {
  process.stderr.write("Building the bench's own kernels ...\n");
  const asc = await import("assemblyscript/asc");
  for (const target of stale) {
    const { error } = await asc.main(["--target", target], {
      stdout: process.stderr,
      stderr: process.stderr,
      writeFile(path, contents) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, contents);
      },
    });
    if (error !== null) process.exit(1);
  }
}
