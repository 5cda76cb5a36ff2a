/**
 * `npm test`: lint, types, units, build, browser. Ends with the names of skipped tests and one line
 * that counts all of them; exit code 0 only when nothing failed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** The parts we read of the reports that Vitest and Playwright write. */
interface UnitReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}
interface BrowserReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
  };
  readonly suites: readonly BrowserSuite[];
}
/** A file, or a `describe` within it. */
interface BrowserSuite {
  readonly title: string;
  readonly specs: readonly {
    readonly title: string;
    readonly tests: readonly { readonly status: string }[];
  }[];
  readonly suites?: readonly BrowserSuite[];
}

// Playwright empties its own folder, test-results, when it starts.
const unitReport = "test-reports/vitest.json";
const browserReport = "test-reports/playwright.json";

function run(...command: string[]): boolean {
  console.log(`\n> ${command.join(" ")}`);
  const shell = process.platform === "win32";
  return spawnSync("npx", ["--no-install", ...command], { stdio: "inherit", shell }).status === 0;
}

function readUnits(): Counts {
  const report = JSON.parse(readFileSync(unitReport, "utf8")) as UnitReport;
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: tests
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => fullName),
  };
}

function readBrowser(): Counts {
  const { stats, suites } = JSON.parse(readFileSync(browserReport, "utf8")) as BrowserReport;
  return {
    // Flaky: passed when tried again (playwright.config.ts); its list names them.
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: suites.flatMap(skippedIn),
  };
}

function skippedIn({ title, specs, suites = [] }: BrowserSuite): string[] {
  const own = specs.filter(({ tests }) => tests.some(({ status }) => status === "skipped"));
  const names = [...own.map((spec) => spec.title), ...suites.flatMap(skippedIn)];
  return names.map((name) => `${title} ${name}`);
}

/** A suite that left no report failed as a whole. */
function counts(read: () => Counts): Counts {
  try {
    return read();
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}

rmSync("test-reports", { recursive: true, force: true });
const steps = [
  run("biome", "ci", "."),
  run("tsc", "--noEmit"),
  run("vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${unitReport}`),
  run("vite", "build", "--logLevel", "warn"),
  run("playwright", "test"),
];
const units = counts(readUnits);
const browser = counts(readBrowser);
const skipped = [...units.skipped, ...browser.skipped];
const passed = units.passed + browser.passed;
// A step may fail without a failing test: lint, types, the build.
const failed = Math.max(units.failed + browser.failed, steps.includes(false) ? 1 : 0);
for (const name of skipped) console.log(`skipped: ${name}`);
console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
