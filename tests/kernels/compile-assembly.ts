import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const flags =
  "--runtime stub -O3 --noAssert --enable simd,threads --importMemory --initialMemory 16 --sharedMemory --maximumMemory 65536";

/** Compiles a file of tests/assembly/ as asconfig.json's "plain-threads" is compiled. */
export async function compileAssembly(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = fileURLToPath(new URL("../assembly/", import.meta.url));
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await main(
    [file, "--baseDir", folder, "--outFile", "x.wasm", ...flags.split(" ")],
    {
      writeFile: (_, contents) => {
        binary = Uint8Array.from(contents as Uint8Array);
      },
    },
  );
  if (binary === undefined) throw new Error(`${file}: ${error}\n${stderr}`);
  return binary;
}
