import { fileURLToPath } from "node:url";
import { launchOptions } from "./fixtures/browser.ts";
import { expect, sample, test } from "./fixtures/test.ts";

test.use({
  launchOptions: launchOptions(
    `--use-file-for-fake-audio-capture=${fileURLToPath(sample.path)}%noloop`,
  ),
});

test("what the microphone hears becomes text", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "Record" }).click();
  // The fake microphone speaks for four and a half seconds.
  await expect(page.locator("speech-transcriber #status")).toHaveText("Recording: 6 s", {
    timeout: 15_000,
  });
  await expect(page.getByRole("meter", { name: "Microphone level" })).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator("speech-transcriber #text")).toHaveText(sample.text);
});

test("a cancelled recording leaves no text, and another may begin", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "Record" }).click();
  await expect(page.locator("speech-transcriber #status")).toContainText("Recording: 1 s");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator("speech-transcriber #activity")).toBeHidden();
  await expect(page.locator("speech-transcriber #text")).toHaveText("");
  await page.getByRole("button", { name: "Record" }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
});
