import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";

/** Where distributions and Google put their browsers. */
const candidates = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** An installed Chrome or Chromium, or Playwright's own; undefined when there is none. */
export function findChromium(): string | undefined {
  return [...candidates, chromium.executablePath()].find((path) => path && existsSync(path));
}

/** Finds a browser, else installs one: Playwright's build, or the distribution's package. */
export function findOrInstallChromium(): string {
  const installed = findChromium();
  if (installed !== undefined) return installed;
  const attempts = [
    ["npx", "playwright", "install", "--with-deps", "chromium"],
    ["sh", "-c", "apt-get update && apt-get install -y --no-install-recommends chromium"],
  ];
  for (const [command, ...args] of attempts) {
    console.error(`No Chrome or Chromium found; running: ${command} ${args.join(" ")}`);
    spawnSync(command!, args, { stdio: ["ignore", "inherit", "inherit"] });
    const found = findChromium();
    if (found !== undefined) return found;
  }
  throw new Error(
    "The browser tests need Chrome or Chromium. Install one (for instance: apt-get install chromium), or set CHROMIUM_PATH to its executable.",
  );
}
