import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { fwhisper, runTool } from "./run-command.ts";

describe("the command", () => {
  it("ends with 1 and one line on stderr when something is refused", async () => {
    expect(await fwhisper("evaluate", "nowhere.jsonl")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "fwhisper: OptionError: nowhere.jsonl: expected a manifest, but it cannot be read (ENOENT). Check the path.\n",
    });
  });

  it.each([
    [["sing"], 'There is no command "sing".'],
    [["transcribe"], "AUDIO is missing."],
  ])("ends with 2 and points to its usage at the misuse %j", async (args, message) => {
    expect(await fwhisper(...args)).toEqual({
      code: 2,
      stdout: "",
      stderr: `fwhisper: ${message}\nRun fwhisper --help for the usage.\n`,
    });
  });

  it.each([[["--help"]], [[]], [["transcribe", "a.wav", "--help"]]])(
    "shows its usage by %j",
    async (args) => {
      const { code, stdout } = await fwhisper(...args);
      expect(code).toBe(0);
      expect(stdout).toContain("transcribe AUDIO");
    },
  );

  it("finds files where npm was started", async () => {
    const folder = mkdtempSync(`${tmpdir()}/fwhisper-`);
    try {
      writeFileSync(`${folder}/empty.wav`, "");
      const run = (script: string) => {
        const npm = { npm_lifecycle_event: script, npm_package_name: "fwhisper", INIT_CWD: folder };
        return runTool("fwhisper.ts", ["transcribe", "empty.wav"], {
          env: { ...process.env, ...npm },
        });
      };
      expect((await run("fwhisper")).stderr).toContain("empty.wav: The file is empty");
      expect((await run("test")).stderr).toContain('There is no recording "empty.wav"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("ends quietly when nobody reads what it prints", async () => {
    const command = ["--import", "tsx", "tools/fwhisper.ts", "tokenize", "407"];
    const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (piece) => {
      stderr += piece;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });
});

describe("npm start", () => {
  it.each(["--foo", "foo"])("refuses %s without a stack", async (arg) => {
    const { code, stdout, stderr } = await runTool("start.ts", [arg]);
    expect(stderr).toMatch(/^fwhisper: .*foo.*\nThe only option of npm start is --once: .*\n$/);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
