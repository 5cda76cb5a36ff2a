import { defineConfig } from "@playwright/test";
import { launchOptions } from "./e2e/fixtures/browser.ts";

/** Another one lets two checkouts be tested at once. */
const port = Number(process.env.FWHISPER_TEST_PORT ?? 4173);

/** The browser tests run on the built site: `vite build` comes first. */
export default defineConfig({
  testDir: "e2e",
  workers: 1,
  timeout: 60_000,
  // Browsers on busy machines miss deadlines now and then; a test that fails twice fails.
  retries: 1,
  forbidOnly: true,
  reporter: [["list"], ["json", { outputFile: "test-reports/playwright.json" }]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    launchOptions: launchOptions(),
  },
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
