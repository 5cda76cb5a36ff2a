import type { Page } from "@playwright/test";
import { wellKnownModels } from "../src/catalogue/well-known-models.ts";
import { expect, openDigitsPage, part, sample, speech, test, trySample } from "./fixtures/test.ts";

const facts = (page: Page) => part(page, "model-facts");
const model = (page: Page) => page.getByRole("combobox", { name: "Model" });
const address = (page: Page) => page.getByRole("textbox", { name: "Hugging Face id or URL" });

test("the embedded model hears the sample's sentence, faster than it was spoken", async ({
  page,
}) => {
  await page.goto("./");
  await expect(model(page)).toHaveValue("embedded");
  await expect(address(page)).toBeHidden();
  await trySample(page, speech.text);
  const timing = await part(page, "timing").textContent();
  const realTimeFactor = Number(/real-time factor ([\d.]+)/.exec(timing ?? "")?.[1]);
  console.log(`real-time factor of the embedded model in Chromium: ${realTimeFactor}`);
  expect(realTimeFactor).toBeGreaterThan(0);
  expect(realTimeFactor).toBeLessThan(0.5);
});

test("the well-known models are offered with their languages and sizes", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  const options = await model(page).getByRole("option").allTextContents();
  expect(options).toHaveLength(wellKnownModels.length + 2);
  expect(options[0]).toBe("Built in: tiny.en, English");
  expect(options).toContain("base: 99 languages, 290.4 MB");
  expect(options).toContain("ivrit-turbo: Hebrew, 3.24 GB");
  expect(options.at(-1)).toBe("Another …");
});

test("a well-known model is loaded when it is chosen", async ({ page, context, server }) => {
  const asked: string[] = [];
  await context.route("https://huggingface.co/**", async (route) => {
    asked.push(route.request().url());
    await route.abort();
  });
  await openDigitsPage(page, server);
  await expect(facts(page)).toContainText("Ready");
  await model(page).selectOption("base");
  await expect(page.getByRole("alert")).toContainText("The download failed");
  expect(asked[0]).toBe("https://huggingface.co/openai/whisper-base/resolve/main/config.json");
  await expect(address(page)).toBeHidden();
  // By its id it is the same choice.
  await page.evaluate(() => {
    document.querySelector("speech-transcriber")!.model = "openai/whisper-large-v3-turbo";
  });
  await expect(model(page)).toHaveValue("large-v3-turbo");
});

test("another model is loaded by its address, by keyboard alone", async ({ page, server }) => {
  await page.goto("./");
  await expect(facts(page)).toContainText("Ready");
  await model(page).focus();
  await page.keyboard.press("End");
  await expect(address(page)).toBeFocused();
  // Nothing is let go before something else is named.
  await expect(facts(page)).toContainText("Ready");
  await page.keyboard.type(server.url("models/digits/"));
  await page.keyboard.press("Enter");
  await expect(facts(page)).toHaveText(/^Ready: f32 weights, \d threads?\.$/);
  // The recording is the site's; its model is not for it.
  await page.evaluate((url) => {
    document.querySelector("speech-transcriber")!.sample = url;
  }, server.url("samples/numbers.wav"));
  await page.keyboard.press("Tab"); // Load
  await page.keyboard.press("Tab"); // Try the sample
  await page.keyboard.press("Enter");
  await expect(part(page, "text")).toHaveText(sample.text);
  expect(server.requestsFor("model.safetensors")).toHaveLength(1);
  await expect(model(page)).toHaveValue("");
  await expect(address(page)).toHaveValue(server.url("models/digits/"));
});

test("an unknown model is refused in words; the field keeps what was typed", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  await address(page).fill("no such model");
  await page.getByRole("button", { name: "Load" }).click();
  await expect(page.getByRole("alert")).toContainText("names no model");
  await expect(address(page)).toHaveValue("no such model");
});

test("a load can be cancelled, and what was typed next is loaded", async ({ page, server }) => {
  await page.goto("./");
  await model(page).selectOption("Another …");
  server.bytesPerSecond = 200_000;
  await address(page).fill(server.url("models/digits/"));
  await page.getByRole("button", { name: "Load" }).click();
  const progress = page.getByRole("progressbar");
  await expect(progress).toHaveAccessibleName(/model\.safetensors, .* of 1\.8 MB \(downloading\)/);
  await expect(progress).toHaveAttribute("aria-valuenow", /^[1-9]\d?$/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(progress).toBeHidden();
  await expect(page.getByRole("alert")).toBeHidden();
  await address(page).fill("embedded");
  await trySample(page, speech.text);
  await expect(address(page)).toHaveValue("embedded");
});
