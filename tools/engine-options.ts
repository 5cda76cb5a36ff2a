import type { WeightsKind } from "../src/options/options.ts";
import { parseChoice, parseInteger } from "./command-line.ts";

const weightsKinds: readonly WeightsKind[] = ["f32", "int8", "int4"];

/** What every command that runs a model takes, for parseCommand. */
export const engineOptions = {
  weights: { type: "string" },
  threads: { type: "string" },
} as const;

/** undefined: as the engine sees fit. */
export function parseEngineOptions(values: {
  readonly weights?: string | undefined;
  readonly threads?: string | undefined;
}): { readonly weights: WeightsKind | undefined; readonly threads: number | undefined } {
  const { weights, threads } = values;
  return {
    weights: weights === undefined ? undefined : parseChoice(weights, weightsKinds, "weights"),
    threads: threads === undefined ? undefined : parseInteger(threads, "threads", 1),
  };
}
