import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@playwright/test";

/** The command itself, which starts its own server and its own browser. */
test("npm run bench runs a model of true shape in a worker of a page", async () => {
  const command = ["run", "bench", "--", "memory", "--weights", "int8"];
  const { stdout } = await promisify(execFile)("npm", command, {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    shell: process.platform === "win32",
  });
  const json = stdout.split("\n").find((line) => line.startsWith("{"));
  const { bench, host, rows } = JSON.parse(json!);
  expect(bench).toBe("memory");
  expect(host).toContain("Chrome");
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ shape: "tiny", weights: "int8", threads: 1 });
  expect(rows[0]["peak MB"]).toBeGreaterThan(rows[0]["loaded MB"]);
  expect(stdout).toContain("| tiny  | int8 ");
});
