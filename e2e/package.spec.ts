import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";
import { build } from "vite";
import { FileServer } from "./fixtures/file-server.ts";
import { test as base, expect, sample } from "./fixtures/test.ts";

const root = new URL("../", import.meta.url);
const dist = new URL("dist/", root);

const test = base.extend<{ folder: string }>({
  /** An empty folder, gone after the test. */
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture needs.
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "fwhisper-"));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

/** A page of somebody else's; the text that was recognised becomes its title. */
function pageThatTranscribes(audio: string, packageName: string): string {
  return `<!doctype html><title>working</title><script type="module">
    import { createTranscriber } from "${packageName}";
    createTranscriber()
      .then((transcriber) => transcriber.transcribe("${audio}"))
      .then(({ text }) => { document.title = text; }, (error) => { document.title = error; });
  </script>`;
}

async function expectText(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page).not.toHaveTitle("working");
  await expect(page).toHaveTitle(sample.text);
}

test("the site works in any folder of a server", async ({ page }) => {
  const site = await FileServer.start(dist, "/some/folder/");
  await page.goto(site.url("index.html"));
  await page.getByRole("button", { name: "Try the sample" }).click();
  await expect(page.locator("speech-transcriber #text")).toHaveText(sample.text);
  expect(site.requests.filter(({ status }) => status === 404)).toEqual([]);
  await site.stop();
});

test("another page imports the package as it is, without a bundler", async ({
  page,
  server,
  folder,
}) => {
  cpSync(dist, join(folder, "vendor/fwhisper"), { recursive: true });
  const html = pageThatTranscribes(server.url("samples/numbers.wav"), "./vendor/fwhisper/index.js");
  writeFileSync(join(folder, "page.html"), html);
  const site = await FileServer.start(pathToFileURL(`${folder}/`));
  await expectText(page, site.url("page.html"));
  await site.stop();
});

test("a project that has the package installed builds with its own Vite", async ({
  page,
  server,
  folder,
}) => {
  const installed = join(folder, "node_modules/fwhisper");
  mkdirSync(installed, { recursive: true });
  cpSync(new URL("package.json", root), join(installed, "package.json"));
  cpSync(dist, join(installed, "dist"), { recursive: true });
  const html = pageThatTranscribes(server.url("samples/numbers.wav"), "fwhisper");
  writeFileSync(join(folder, "index.html"), html);
  await build({ root: folder, base: "/app/", configFile: false, logLevel: "silent" });

  const site = await FileServer.start(pathToFileURL(`${folder}/dist/`), "/app/");
  site.isolates = true;
  await expectText(page, site.url("index.html"));
  const sent = site.requests.filter(({ status }) => status === 200).map(({ path }) => path);
  const parts = [
    /engine\.worker[\w-]*\.js$/,
    /kernel\.worker[\w-]*\.js$/,
    /kernels-[\w-]*\.wasm$/,
    /\.safetensors$/,
  ];
  for (const part of parts) expect(sent).toContainEqual(expect.stringMatching(part));
  await site.stop();
});
