import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

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
 * @param readFile in place of the disk's; paths are relative to the project
 */
export async function compile(
  file: string,
  features: string,
  readFile?: (path: string) => string | null,
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await main(
    [`tests/assembly/${file}`, "--baseDir", root, ...`${flags} ${features}`.split(" ")],
    {
      ...(readFile && { readFile }),
      writeFile: (_, contents) => {
        binary = Uint8Array.from(contents as Uint8Array);
      },
    },
  );
  if (binary === undefined) throw new Error(`${file}: ${error}\n${stderr}`);
  return binary;
}
