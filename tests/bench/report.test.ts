import { expect, it } from "vitest";
import { formatJson, formatReport } from "../../bench/report.ts";

const facts = { host: "Node v20", hardwareConcurrency: 2 };

it("prints a Markdown table, numbers to the right, with what is needed to read it", () => {
  const report = {
    title: "Encoder",
    rows: [
      { weights: "f32", ms: 880 },
      { weights: "int8", ms: 42.5, "x the first": 20.7, goal: null },
    ],
    notes: ["One thread."],
    rooflines: { "read GB/s": 31 },
  };
  expect(formatReport(report, facts)).toBe(
    [
      "## Encoder",
      "",
      "| weights |   ms | x the first | goal |",
      "| ------- | ---: | ----------: | ---: |",
      "| f32     |  880 |             |      |",
      "| int8    | 42.5 |        20.7 |      |",
      "",
      "One thread.",
      "This machine, in the same run: read GB/s 31",
      "Node v20, 2 logical processors",
    ].join("\n"),
  );
});

it("prints all of it as one line of JSON", () => {
  const report = { title: "Memory", rows: [{ shape: "tiny", "peak MB": 70 }] };
  const line = formatJson("memory", report, facts);
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toEqual({ bench: "memory", ...facts, ...report });
});
