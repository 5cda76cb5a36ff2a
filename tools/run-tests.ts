/**
 * `npm test`: lint, types, units, build, browser. Ends with one line that counts every test, and
 * with exit code 0 only when all of it passed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const unitReport = "test-results/vitest.json";
const browserReport = "test-results/playwright.json";

function run(...command: string[]): boolean {
  console.log(`\n> ${command.join(" ")}`);
  return (
    spawnSync("npx", command, { stdio: "inherit", shell: process.platform === "win32" }).status ===
    0
  );
}

function readUnits(): Counts {
  const report = JSON.parse(readFileSync(unitReport, "utf8"));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readBrowser(): Counts {
  const { stats } = JSON.parse(readFileSync(browserReport, "utf8"));
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  };
}

/** A suite that left no report failed as a whole. */
function counts(read: () => Counts): Counts {
  try {
    return read();
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

rmSync("test-results", { recursive: true, force: true });
const steps = [
  run("biome", "ci", "."),
  run("tsc", "--noEmit"),
  run("vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${unitReport}`),
  run("vite", "build", "--logLevel", "warn"),
  run("playwright", "test"),
];
const all = [counts(readUnits), counts(readBrowser)];
const total = (key: keyof Counts) => all.reduce((sum, suite) => sum + suite[key], 0);
const failed = Math.max(total("failed"), steps.includes(false) ? 1 : 0);
console.log(`\n${total("passed")} passed, ${failed} failed, ${total("skipped")} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
