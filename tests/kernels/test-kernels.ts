import { beforeEach, inject } from "vitest";
import type { KernelBuild } from "../../src/kernels/choose-build.ts";
import { instantiateKernels, type KernelHost, type Kernels } from "../../src/kernels/kernels.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { compile } from "./compile-assembly.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** vite.config.ts runs the tests of kernels once for each. */
    build: KernelBuild;
  }
}

const wanted = inject("build");
const runsRight = await instantiateKernels(nodeHost, { threads: 1, build: wanted }).then(
  () => true,
  () => false,
);

/** The build under test. Where the engine does not run it right, all tests of a file are skipped. */
export const build: KernelBuild = runsRight ? wanted : "plain";
beforeEach(({ skip }) => skip(!runsRight, `${wanted} kernels do not run here`));

/** The published kernels, on so many threads whatever the machine has. */
export function testKernels({ threads = 1 } = {}): Promise<Kernels> {
  return instantiateKernels({ ...nodeHost, processors: threads }, { threads, build });
}

/**
 * Whose loops multiply int8: those that the published build chooses on this machine, or those for one
 * kind of machine, which are right on any. Plain kernels have one kind only.
 */
export type Loops = "as chosen" | "one step" | "two steps";
export const eitherLoops: readonly Loops[] =
  build === "plain" ? ["as chosen"] : ["one step", "two steps"];
export const allLoops: readonly Loops[] = [...new Set(["as chosen", ...eitherLoops] as const)];

export async function kernelsWith(loops: Loops): Promise<Kernels> {
  if (loops === "as chosen") return testKernels();
  const kernels = await innerKernels();
  kernels.chooseDot(loops === "two steps");
  return kernels;
}

/** tests/assembly/inner-kernels.ts; shapes stand at the kernels in assembly/. */
export interface InnerKernels extends Kernels {
  chooseDot(hasTwoSteps: boolean): void;
  quantiseRow(row: number, inner: number, depth: number, codes: number): number;
  /** product: assembly/linear/panel-product.ts */
  multiplyPanel(product: number): void;
  multiplyPanelInt4(product: number): void;
  prepareRowInt4(codes: number, depth: number, prepared: number): void;
  widenPanelInt4(
    panel: number,
    depth: number,
    target: number,
    columnScales: number,
    sums: number,
  ): void;
}

let module: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** Those that only other kernels call too. */
export async function innerKernels(): Promise<InnerKernels> {
  module ??= compile("inner-kernels.ts", build === "plain" ? "simd" : "simd,relaxed-simd", {
    // Where kernels ask the machine which of two loops is the faster one here, the test says it.
    "assembly/linear/dot-product.ts": (source) => {
      const open = source.replace(
        "export function dotHasTwoSteps(",
        "function dotHasTwoStepsHere(",
      );
      if (open === source) throw new Error("There is no dotHasTwoSteps any more.");
      return `${open}\nexport { dotHasTwoSteps } from "../../tests/assembly/chosen-dot";\n`;
    },
  });
  const host: KernelHost = { ...nodeHost, readModule: () => module! };
  return (await instantiateKernels(host, { threads: 1, build })) as InnerKernels;
}
