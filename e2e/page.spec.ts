import { availableParallelism } from "node:os";
import type { Page } from "@playwright/test";
import {
  chooseFile,
  expect,
  openDigitsPage,
  part,
  sample,
  silence,
  test,
  trySample,
} from "./fixtures/test.ts";

/** The page's engines; its workers are their threads besides. */
const engines = (page: Page) => {
  return page.workers().filter((worker) => worker.url().includes("engine.worker"));
};

test.beforeEach(async ({ page, server }) => {
  await openDigitsPage(page, server);
});

test("the sample button gives the sample's digits, faster than they were spoken", async ({
  page,
}) => {
  await trySample(page);
  const timing = await part(page, "timing").textContent();
  const realTimeFactor = Number(/real-time factor ([\d.]+)/.exec(timing ?? "")?.[1]);
  console.log(`real-time factor of the page in Chromium: ${realTimeFactor}`);
  expect(realTimeFactor).toBeGreaterThan(0);
  expect(realTimeFactor).toBeLessThan(0.5);
});

test("a chosen file is transcribed", async ({ page }) => {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  await (await chooser).setFiles({
    name: "mine.wav",
    mimeType: "audio/wav",
    buffer: sample.bytes(),
  });
  await expect(part(page, "text")).toHaveText(sample.text);
});

test("a dropped file is transcribed", async ({ page }) => {
  const transfer = await page.evaluateHandle(
    (bytes) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(bytes)], "mine.wav", { type: "audio/wav" }));
      return files;
    },
    [...sample.bytes()],
  );
  const drop = part(page, "drop");
  await drop.dispatchEvent("dragover", { dataTransfer: transfer });
  await expect(drop).toHaveClass(/over/);
  await drop.dispatchEvent("drop", { dataTransfer: transfer });
  await expect(part(page, "text")).toHaveText(sample.text);
  await expect(drop).not.toHaveClass(/over/);
});

test("silence gives no text, and the page says so", async ({ page }) => {
  await chooseFile(page, silence(2));
  await expect(part(page, "timing")).toContainText("2.0 s of audio");
  await expect(part(page, "text")).toHaveText("");
  await expect(part(page, "text")).toHaveAttribute("data-empty", "No speech was heard.");
});

test("a file that is no audio is refused in words; the next one works", async ({ page }) => {
  await chooseFile(page, Buffer.from("Dear Sir or Madam"));
  await expect(page.getByRole("alert")).toContainText("This audio cannot be used");
  await chooseFile(page, sample.bytes());
  await expect(part(page, "text")).toHaveText(sample.text);
  await expect(page.getByRole("alert")).toBeHidden();
});

test("events reach the page's own scripts", async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const element = document.querySelector("speech-transcriber")!;
    const statuses = new Set<string>();
    element.addEventListener("progress", ({ detail }) => statuses.add(detail.status));
    const transcript = new Promise<string>((resolve) => {
      element.addEventListener("transcript", ({ detail }) => resolve(detail.text));
    });
    const failure = new Promise<string>((resolve) => {
      element.addEventListener("failure", ({ detail }) => resolve(detail.name));
    });
    const { text } = await element.transcribe(new URL(element.sample, document.baseURI));
    await element.transcribe(new Float32Array()).catch(() => {});
    return {
      statuses: [...statuses].sort(),
      text,
      transcript: await transcript,
      failure: await failure,
    };
  });
  expect(seen).toEqual({
    statuses: ["decode", "download", "encode", "features", "ready"],
    text: sample.text,
    transcript: sample.text,
    failure: "AudioError",
  });
});

test("an element that leaves the page ends its worker, and works when it comes back", async ({
  page,
}) => {
  await trySample(page);
  expect(engines(page)).toHaveLength(1);
  await page.evaluate(() => document.querySelector("speech-transcriber")!.remove());
  await expect.poll(() => engines(page).length).toBe(0);
  await page.evaluate(async () => {
    const element = document.createElement("speech-transcriber");
    element.preload = true;
    document.querySelector("main")!.append(element);
    await new Promise((ready) =>
      element.addEventListener("progress", ({ detail }) => {
        if (detail.status === "ready") ready(null);
      }),
    );
  });
  expect(engines(page)).toHaveLength(1);
});

test("a worker that crashed is replaced", async ({ page }) => {
  await trySample(page);
  const [engine] = engines(page);
  await engine?.evaluate(() => {
    setTimeout(() => {
      throw new Error("the worker crashed");
    });
  });
  await expect.poll(() => engines(page).length).toBe(0);
  await page.getByRole("button", { name: "Try the sample" }).click();
  await expect(page.getByRole("alert")).toContainText("The engine stopped");
  await trySample(page);
});

test("an engine whose kernels trapped is replaced", async ({ page }) => {
  await trySample(page);
  // What a trap throws.
  await engines(page)[0]!.evaluate(() => {
    performance.now = () => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
  });
  await expectReplacement(page, "The engine stopped. The kernels failed (unreachable).");
});

test("an engine of which a thread failed is replaced", async ({ page }) => {
  test.skip(availableParallelism() === 1, "a machine of one processor has no threads");
  await trySample(page);
  const thread = page.workers().find((worker) => worker.url().includes("kernel.worker"));
  // Between two of its sleeps.
  await thread!.evaluate(
    () =>
      new Promise<void>((resolve) => {
        globalThis.setTimeout = (() => {
          resolve();
          throw new Error("the thread failed");
        }) as unknown as typeof setTimeout;
      }),
  );
  await expectReplacement(page, "the thread failed. Load the model again.");
});

/** The next use of the engine is refused in these words, and the one after it has a new one. */
async function expectReplacement(page: Page, words: string): Promise<void> {
  const button = page.getByRole("button", { name: "Try the sample" });
  const alert = page.getByRole("alert");
  await button.click();
  await expect(alert).toContainText(words);
  await expect.poll(() => engines(page).length).toBe(0);
  await button.click();
  await expect(alert).toBeHidden();
  await expect(part(page, "text")).toHaveText(sample.text);
}

test("copy puts the text on the clipboard", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Try the sample" }).click();
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sample.text);
});
