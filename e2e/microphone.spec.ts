import { fileURLToPath } from "node:url";
import { launchOptions } from "./fixtures/browser.ts";
import { expect, openDigitsPage, part, sample, test } from "./fixtures/test.ts";

test.use({
  launchOptions: launchOptions(
    `--use-file-for-fake-audio-capture=${fileURLToPath(sample.path)}%noloop`,
  ),
});

test("what the microphone hears becomes text", async ({ page, server }) => {
  await openDigitsPage(page, server);
  await page.getByRole("button", { name: "Record" }).click();
  // The fake microphone speaks for four and a half seconds.
  await expect(part(page, "status")).toHaveText(/^Recording: ([6-9]|\d\d+) s$/, {
    timeout: 40_000,
  });
  await expect(page.getByRole("meter", { name: "Microphone level" })).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(part(page, "text")).toHaveText(sample.text);
});

test("after a cancelled recording another may begin", async ({ page, server }) => {
  await openDigitsPage(page, server);
  await page.getByRole("button", { name: "Record" }).click();
  await expect(part(page, "status")).toHaveText(/^Recording: [1-9]\d* s$/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(part(page, "activity")).toBeHidden();
  await expect(part(page, "text").locator(".partial")).toHaveCount(0);
  await page.getByRole("button", { name: "Record" }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
});
