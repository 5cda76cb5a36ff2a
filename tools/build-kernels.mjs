// Builds build/kernels.wasm when a file of assembly/ is newer than it. Prints to stderr only, so
// that the command's stdout stays clean.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}build/kernels.wasm`;
const sources = [
  `${root}asconfig.json`,
  ...readdirSync(`${root}assembly`)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${root}assembly/${name}`),
];
const modified = (path) => statSync(path).mtimeMs;

if (!existsSync(target) || sources.some((path) => modified(path) > modified(target))) {
  process.stderr.write("Building the WebAssembly kernels ...\n");
  const asc = `${root}node_modules/assemblyscript/bin/asc.js`;
  const { status } = spawnSync(process.execPath, [asc, "--config", "asconfig.json"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
