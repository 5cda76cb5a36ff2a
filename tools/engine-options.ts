import { parseChoice, parseInteger, type Values } from "./command-line.ts";

/** What every command that runs a model takes, for parseCommand. */
export const engineOptions = {
  weights: { type: "string" },
  threads: { type: "string" },
} as const;

/** undefined: as the engine sees fit. */
export function parseEngineOptions({ weights, threads }: Values<typeof engineOptions>) {
  return {
    weights:
      weights === undefined ? undefined : parseChoice(weights, ["f32", "int8", "int4"], "weights"),
    threads: threads === undefined ? undefined : parseInteger(threads, "threads", 1),
  };
}
