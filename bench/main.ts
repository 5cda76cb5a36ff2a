/**
 * `npm run bench -- matmul|hadamard|model [--shape tiny|base|small|turbo] [--runs 5]`, in Node, one
 * thread: medians as a table for people and a line of JSON for machines.
 */

import { parseChoice, parseCommand, parseInteger } from "../tools/command-line.ts";
import { runMain } from "../tools/run-main.ts";
import { benchHadamard, benchMatmul } from "./kernels.ts";
import { benchModel } from "./models.ts";
import { shapeNames } from "./shapes.ts";

async function main(): Promise<void> {
  const { values, positionals } = parseCommand(process.argv.slice(2), {
    shape: { type: "string", default: "tiny" },
    runs: { type: "string", default: "5" },
  });
  const runs = parseInteger(values.runs, "runs");
  const shape = parseChoice(values.shape, shapeNames, "shape");
  const what = parseChoice(positionals[0] ?? "model", ["matmul", "hadamard", "model"], "bench");
  if (what === "matmul") await benchMatmul(runs);
  if (what === "hadamard") await benchHadamard(runs);
  if (what === "model") await benchModel(shape, runs);
}

await runMain(
  main,
  "npm run bench -- matmul|hadamard|model [--shape tiny|base|small|turbo] [--runs 5]",
);
