import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** No config: asconfig.json's entries would be compiled too. */
const flags =
  "--config none --runtime stub -O3 --noAssert --importMemory --initialMemory 16 --outFile x.wasm --enable";

/** Compiles a file of tests/assembly/ as asconfig.json's "plain-threads" is compiled. */
export function compileAssembly(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return compile(file, "simd,threads --sharedMemory --maximumMemory 65536");
}

/**
 * @param features what is enabled, and options that go with it
 * @param changes what is made of sources before they are compiled; paths are relative to the project
 */
export async function compile(
  file: string,
  features: string,
  changes: Readonly<Record<string, (source: string) => string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  // Most tests do without the compiler, which takes a while to start.
  const { main } = await import("assemblyscript/asc");
  const { error, stderr } = await main(
    [`tests/assembly/${file}`, "--baseDir", root, ...`${flags} ${features}`.split(" ")],
    {
      readFile(path) {
        try {
          const source = readFileSync(join(root, path), "utf8");
          return changes[path]?.(source) ?? source;
        } catch (error) {
          // The compiler looks in several places.
          if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
          throw error;
        }
      },
      writeFile: (_, contents) => {
        binary = Uint8Array.from(contents as Uint8Array);
      },
    },
  );
  if (binary === undefined) throw new Error(`${file}: ${error}\n${stderr}`);
  return binary;
}
