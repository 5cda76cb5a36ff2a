import { execFile } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { build } from "vite";
import { FileServer } from "./fixtures/file-server.ts";
import { test as base, expect, sample, speech } from "./fixtures/test.ts";

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

/** A page of somebody else's; what `work` resolves to becomes its title. */
function pageOf(imports: string, work: string): string {
  return `<!doctype html><title>working</title><script type="module">
    ${imports}
    (async () => { ${work} })()
      .then((title) => { document.title = title; }, (error) => { document.title = error; });
  </script>`;
}

/** Source text that recognises `audio`, an address, with `model`, a JavaScript expression. */
function transcribing(model: string, audio: string): string {
  return `const transcriber = await createTranscriber(${model});
    return (await transcriber.transcribe("${audio}")).text;`;
}

/** A project that has the package installed, and this page; built by its own Vite, and served. */
async function buildProject(folder: string, html: string): Promise<FileServer> {
  const installed = join(folder, "node_modules/fwhisper");
  mkdirSync(installed, { recursive: true });
  cpSync(new URL("package.json", root), join(installed, "package.json"));
  cpSync(dist, join(installed, "dist"), { recursive: true });
  writeFileSync(join(folder, "index.html"), html);
  copyFileSync(speech.path, join(folder, "jfk.flac"));
  await build({ root: folder, base: "/app/", configFile: false, logLevel: "silent" });
  copyFileSync(speech.path, join(folder, "dist/jfk.flac"));
  const site = await FileServer.start(pathToFileURL(`${folder}/dist/`), "/app/");
  site.isolates = true;
  return site;
}

async function expectTitle(page: Page, url: string, title: string | RegExp): Promise<void> {
  await page.goto(url);
  await expect(page).not.toHaveTitle("working");
  await expect(page).toHaveTitle(title);
}

const sent = (site: FileServer) => {
  return site.requests.filter(({ status }) => status === 200).map(({ path }) => path);
};

/** What the engine consists of, whatever the model. */
const engineParts = [
  /engine\.worker[\w-]*\.js$/,
  /kernel\.worker[\w-]*\.js$/,
  /kernels-[\w-]*\.wasm$/,
];

test("the site works in any folder of a server", async ({ page }) => {
  const site = await FileServer.start(dist, "/some/folder/");
  await page.goto(site.url("index.html"));
  await page.getByRole("button", { name: "Try the sample" }).click();
  await expect(page.locator("speech-transcriber #text")).toHaveText(speech.text, {
    timeout: 20_000,
  });
  expect(site.requests.filter(({ status }) => status === 404)).toEqual([]);
  await site.stop();
});

test("the build holds one model, in one copy", () => {
  const weights = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => {
    return name.endsWith(".safetensors");
  });
  expect(weights).toHaveLength(1);
});

test("the command of the package finds the embedded model in it", async ({ folder }) => {
  cpSync(dist, join(folder, "dist"), { recursive: true });
  cpSync(new URL("build/", root), join(folder, "build"), { recursive: true });
  copyFileSync(new URL("package.json", root), join(folder, "package.json"));
  symlinkSync(fileURLToPath(new URL("node_modules/", root)), join(folder, "node_modules"), "dir");
  const configFile = fileURLToPath(new URL("vite.node.config.ts", root));
  const outDir = join(folder, "dist/node");
  await build({ configFile, logLevel: "silent", build: { outDir, emptyOutDir: true } });
  const command = [join(outDir, "fwhisper.js"), "transcribe", fileURLToPath(speech.path)];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  expect(stdout.trim()).toMatch(speech.text);
});

test("another page imports the package as it is, without a bundler", async ({ page, folder }) => {
  cpSync(dist, join(folder, "vendor/fwhisper"), { recursive: true });
  copyFileSync(speech.path, join(folder, "jfk.flac"));
  const imports = `import { createTranscriber } from "./vendor/fwhisper/index.js";`;
  writeFileSync(join(folder, "page.html"), pageOf(imports, transcribing("", "./jfk.flac")));
  const site = await FileServer.start(pathToFileURL(`${folder}/`));
  await expectTitle(page, site.url("page.html"), speech.text);
  await site.stop();
});

test("a project that has the package installed builds with its own Vite", async ({
  page,
  folder,
}) => {
  const imports = `import { createTranscriber } from "fwhisper";
    import tinyEn from "fwhisper/tiny.en";`;
  const site = await buildProject(folder, pageOf(imports, transcribing("tinyEn", "./jfk.flac")));
  await expectTitle(page, site.url("index.html"), speech.text);
  for (const part of [...engineParts, /\.safetensors$/]) {
    expect(sent(site)).toContainEqual(expect.stringMatching(part));
  }
  await site.stop();
});

test("a project that uses another model does not carry the embedded one", async ({
  page,
  server,
  folder,
}) => {
  const model = JSON.stringify(server.url("models/digits/"));
  const html = pageOf(
    `import { createTranscriber } from "fwhisper";`,
    transcribing(model, server.url("samples/numbers.wav")),
  );
  const site = await buildProject(folder, html);
  await expectTitle(page, site.url("index.html"), sample.text);
  for (const part of engineParts) {
    expect(sent(site)).toContainEqual(expect.stringMatching(part));
  }
  const built = readdirSync(join(folder, "dist/assets"));
  expect(built.filter((name) => /\.(safetensors|json)$/.test(name))).toEqual([]);
  await site.stop();
});

test("error rates are an entry of their own, which carries no engine", async ({ page, folder }) => {
  const imports = `import { normaliseEnglish, wordErrorRate } from "fwhisper/metrics";`;
  const work = `return wordErrorRate("2 words", normaliseEnglish("Two word.").trim());`;
  const site = await buildProject(folder, pageOf(imports, work));
  await expectTitle(page, site.url("index.html"), "0.5");
  const built = readdirSync(join(folder, "dist/assets"));
  expect(built).toEqual([expect.stringMatching(/^index-.*\.js$/)]);
  await site.stop();
});

test('"embedded" in a project that does not import its files is refused with what to write', async ({
  page,
  folder,
}) => {
  const imports = `import { createTranscriber } from "fwhisper";`;
  const work = `await createTranscriber("embedded"); return "loaded";`;
  const site = await buildProject(folder, pageOf(imports, work));
  const refusal = /^OptionError: "embedded": .*import tinyEn from "fwhisper\/tiny\.en"/;
  await expectTitle(page, site.url("index.html"), refusal);
  await site.stop();
});

test("a project with the element has the embedded model without a word", async ({
  page,
  folder,
}) => {
  const imports = `import "fwhisper/element";`;
  const work = `const element = document.createElement("speech-transcriber");
    document.documentElement.append(element);
    return (await element.transcribe(new URL("./jfk.flac", document.baseURI))).text;`;
  const site = await buildProject(folder, pageOf(imports, work));
  await expectTitle(page, site.url("index.html"), speech.text);
  await site.stop();
});
