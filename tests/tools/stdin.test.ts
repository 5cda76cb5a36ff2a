import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { onDigits } from "./run-command.ts";

it("fwhisper transcribe - reads what comes in", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const sample = new URL("../fixtures/samples/numbers.wav", import.meta.url);
  const command = ["--import", import.meta.resolve("tsx"), `${root}tools/fwhisper.ts`];
  const args = [...command, "transcribe", "-", ...onDigits];
  const stdout = execFileSync(process.execPath, args, {
    cwd: root,
    input: readFileSync(sample),
    stdio: ["pipe", "pipe", "ignore"],
    encoding: "utf8",
  });
  expect(stdout).toBe("4072916\n");
});
