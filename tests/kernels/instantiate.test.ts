import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EngineError, OptionError } from "../../src/errors.ts";
import { acceptedBuilds, canShareMemory } from "../../src/kernels/choose-build.ts";
import {
  instantiateKernels,
  type KernelHost,
  type KernelModule,
} from "../../src/kernels/kernels.ts";
import { chooseThreadCount } from "../../src/kernels/thread-count.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { compileAssembly } from "./compile-assembly.ts";

const nodeKernels = new URL("../../tools/node/kernels.ts", import.meta.url).href;

afterEach(() => vi.restoreAllMocks());

/** Node as a host with so many processors, and the modules it was asked for. */
function watchedHost(overrides: Partial<KernelHost> = {}) {
  const asked: KernelModule[] = [];
  const host: KernelHost = { ...nodeHost, processors: 2, ...overrides };
  const readModule = (name: KernelModule) => {
    asked.push(name);
    return host.readModule(name);
  };
  return { asked, host: { ...host, readModule } };
}

/** An engine that accepts relaxed SIMD, whatever the one at hand does. */
function acceptEverything() {
  vi.spyOn(WebAssembly, "validate").mockReturnValue(true);
}

describe("the four builds", () => {
  const names: KernelModule[] = ["plain", "relaxed", "plain-threads", "relaxed-threads"];
  const config = readFile(new URL("../../asconfig.json", import.meta.url), "utf8");

  it("are the targets of asconfig.json", async () => {
    expect(Object.keys(JSON.parse(await config).targets)).toEqual(names);
  });

  it("export the same functions and import nothing but their memory and a clock", async () => {
    // Only what this engine can read of the relaxed ones.
    const readable = names.filter((name) => acceptedBuilds().some((build) => name.includes(build)));
    const modules = await Promise.all(
      readable.map(async (name) => WebAssembly.compile(await nodeHost.readModule(name))),
    );
    for (const [i, module] of modules.entries()) {
      const clock = { module: "env", name: "now", kind: "function" };
      const memory = { module: "env", name: "memory", kind: "memory" };
      const imports = readable[i]!.endsWith("-threads") ? [memory, clock] : [memory];
      expect(WebAssembly.Module.imports(module)).toHaveLength(imports.length);
      expect(WebAssembly.Module.imports(module)).toEqual(expect.arrayContaining(imports));
      expect(WebAssembly.Module.exports(module)).toEqual(WebAssembly.Module.exports(modules[0]!));
    }
  });
});

describe("what an engine accepts", () => {
  it("is relaxed SIMD first, where it has that", () => {
    expect(acceptedBuilds(() => true)).toEqual(["relaxed", "plain"]);
    expect(acceptedBuilds(() => false)).toEqual(["plain"]);
  });

  it("is asked by modules that are right but for the feature", () => {
    // Node 20 has threads; whatever engine runs this, the probes must not be refused as damaged.
    expect(canShareMemory({ SharedArrayBuffer })).toBe(true);
    const probes: Uint8Array<ArrayBuffer>[] = [];
    acceptedBuilds((probe) => probes.push(probe) > 0);
    const [probe] = probes;
    // The dot product, 0xfd 0x93 0x02, replaced by v128.bitselect, 0xfd 0x52: of the same type.
    const bytes = [...probe!];
    const at = bytes.indexOf(0x93);
    bytes.splice(at, 2, 0xd2, 0x00);
    expect(WebAssembly.validate(Uint8Array.from(bytes))).toBe(true);
  });

  it.each([
    ["a page that is not isolated", { crossOriginIsolated: false, SharedArrayBuffer }, true, false],
    ["an isolated page", { crossOriginIsolated: true, SharedArrayBuffer }, true, true],
    [
      "an isolated page without atomics",
      { crossOriginIsolated: true, SharedArrayBuffer },
      false,
      false,
    ],
    ["no SharedArrayBuffer", { crossOriginIsolated: true }, true, false],
    ["Node", { SharedArrayBuffer }, true, true],
  ])("memory is shared or not: %s", (_, scope, valid, expected) => {
    expect(canShareMemory(scope, () => valid)).toBe(expected);
  });
});

describe("chooseThreadCount", () => {
  it.each([
    [1, 1],
    [2, 2],
    [4, 4],
    [5, 3],
    [8, 4],
    [12, 6],
    [16, 8],
    [64, 8],
  ])("of %i processors takes %i", (processors, expected) => {
    expect(chooseThreadCount(undefined, processors)).toBe(expected);
  });

  it("takes what is asked for, up to the processors there are", () => {
    expect(chooseThreadCount(1, 8)).toBe(1);
    expect(chooseThreadCount(8, 8)).toBe(8);
    expect(chooseThreadCount(9, 8)).toBe(8);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2", null])("refuses %j", (asked) => {
    expect(() => chooseThreadCount(asked as number, 4)).toThrow(OptionError);
    expect(() => chooseThreadCount(asked as number, 4)).toThrow("a whole number from 1; found");
  });
});

describe("instantiateKernels", () => {
  it("takes the fastest build that passes its self-test, and says which", async () => {
    const { host, asked } = watchedHost();
    const kernels = await instantiateKernels(host, { threads: 1 });
    expect(asked.at(-1)).toBe(kernels.build);
    expect(kernels.threads).toBe(1);
    expect(kernels.heap.f32(0, 1).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("shares memory among the threads asked for", async () => {
    const { host, asked } = watchedHost({ processors: 3 });
    const kernels = await instantiateKernels(host, { threads: 3, build: "plain" });
    expect(asked).toEqual(["plain-threads"]);
    expect(kernels.threads).toBe(3);
    expect(kernels.heap.f32(0, 1).buffer).toBeInstanceOf(SharedArrayBuffer);
    kernels.dispose();
  });

  it("falls back from kernels that multiply wrongly", async () => {
    acceptEverything();
    const wrong = await compileAssembly("wrong-kernels.ts");
    const { host, asked } = watchedHost({
      readModule: async (name) => (/relaxed/.test(name) ? wrong : nodeHost.readModule(name)),
    });
    const kernels = await instantiateKernels(host);
    expect(asked).toEqual(["relaxed-threads", "plain-threads"]);
    expect(kernels.build).toBe("plain");
    expect(kernels.threads).toBe(2);
    kernels.dispose();
  });

  // Its baseline compiler doubles the relaxed dot product; later engines are right.
  it.runIf(process.versions.v8.startsWith("11.3."))(
    "falls back from the relaxed kernels of Node 20, which are behind a flag",
    async () => {
      const script = `
        import { instantiateNodeKernels } from ${JSON.stringify(nodeKernels)};
        console.log((await instantiateNodeKernels()).build);`;
      const run = (...flags: string[]) =>
        promisify(execFile)(process.execPath, [
          "--import",
          import.meta.resolve("tsx"),
          "--experimental-wasm-relaxed-simd",
          ...flags,
          "--input-type=module",
          "--eval",
          script,
        ]);
      expect((await run()).stdout).toBe("plain\n");
      expect((await run("--no-liftoff")).stdout).toBe("relaxed\n");
    },
  );

  it("falls back from kernels that do not compile", async () => {
    acceptEverything();
    const { host, asked } = watchedHost({
      readModule: async (name) =>
        name === "relaxed" ? new Uint8Array([0, 97, 115, 109]) : nodeHost.readModule(name),
    });
    expect((await instantiateKernels(host, { threads: 1 })).build).toBe("plain");
    expect(asked).toEqual(["relaxed", "plain"]);
  });

  it.each([
    ["there are no workers", { startThread: undefined }],
    ["there is one processor", { processors: 1 }],
  ])("has one thread and a memory of its own where %s", async (_, overrides) => {
    const { host } = watchedHost(overrides);
    const kernels = await instantiateKernels(host);
    expect(kernels.threads).toBe(1);
    expect(kernels.heap.f32(0, 1).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("has one thread where no shared memory can be had, and less of it where little can", async () => {
    let mostPages = 0;
    const { Memory } = WebAssembly;
    // biome-ignore lint/complexity/useArrowFunction: what stands in for a constructor must be one.
    vi.spyOn(WebAssembly, "Memory").mockImplementation(function (descriptor) {
      if (descriptor.shared && descriptor.maximum! > mostPages) throw new RangeError("no room");
      return new Memory(descriptor);
    });
    const { host } = watchedHost();
    expect((await instantiateKernels(host, { build: "plain" })).threads).toBe(1);
    mostPages = 20_000;
    const kernels = await instantiateKernels(host, { build: "plain" });
    expect(kernels.threads).toBe(2);
    expect(kernels.heap.limitBytes).toBe(2 ** 30);
    expect(() => kernels.heap.allocate(1.1e9)).toThrow("1074 MB is the most");
    kernels.dispose();
  });

  it("works on one thread when no other comes up", async () => {
    const { host } = watchedHost({
      startThread: () => {
        throw new Error("no more workers");
      },
    });
    const kernels = await instantiateKernels(host);
    expect(kernels.threads).toBe(1);
    const data = kernels.heap.copyF32([1, 1, 1, 1]);
    kernels.hadamardRowsF32(data, 1, 4);
    expect([...kernels.heap.f32(data, 4)]).toEqual([2, 0, 0, 0]);
  });

  it("refuses what is no kernel module, in any build", async () => {
    const host = { ...nodeHost, readModule: async () => new Uint8Array([0, 97, 115, 109]) };
    await expect(instantiateKernels(host)).rejects.toThrow(EngineError);
  });

  it("refuses thread counts that are none, before it reads anything", async () => {
    const { host, asked } = watchedHost();
    await expect(instantiateKernels(host, { threads: 0 })).rejects.toThrow(OptionError);
    expect(asked).toEqual([]);
  });
});
