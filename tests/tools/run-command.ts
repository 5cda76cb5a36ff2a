import { type ExecFileOptions, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What lets a command use the small model of digits in place of the embedded one. */
export const onDigits = [
  "--model",
  fileURLToPath(new URL("../fixtures/models/digits", import.meta.url)),
] as const;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of tools/ as a shell would, by default in the repository's root. */
export function runTool(
  program: string,
  args: readonly string[],
  options: ExecFileOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const command = ["--import", import.meta.resolve("tsx"), `${root}tools/${program}`, ...args];
    const around = { cwd: root, ...options, encoding: "utf8" as const };
    execFile(process.execPath, command, around, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Runs the command. */
export function fwhisper(...args: string[]): Promise<Outcome> {
  return runTool("fwhisper.ts", args);
}
