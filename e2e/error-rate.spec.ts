import { pathToFileURL } from "node:url";
import {
  hasRecordings,
  percentWrong,
  readManifest,
  recordingsFolder,
} from "../tests/fixtures/spoken-numbers.ts";
import { FileServer } from "./fixtures/file-server.ts";
import { expect, test } from "./fixtures/test.ts";

test.describe("the digits model in Chromium, relaxed SIMD", () => {
  // Three times 200 recordings, be the machine fast or slow.
  test.describe.configure({ timeout: 300_000 });
  test.skip(!hasRecordings, "needs the recordings beside FWHISPER_REFERENCE");

  test("hears digits in rounded weights as well as in exact ones, to a tenth of the errors", async ({
    fwhisper,
  }) => {
    const recordings = await FileServer.start(pathToFileURL(`${recordingsFolder}/`));
    const manifest = readManifest();
    const rate = async (weights: "f32" | "int8" | "int4") => {
      const { build, texts } = await fwhisper.evaluate(
        async ({ createTranscriber, digits }, { weights, urls }) => {
          const transcriber = await createTranscriber(digits, { weights });
          const texts: string[] = [];
          for (const url of urls) texts.push((await transcriber.transcribe(url)).text);
          transcriber.dispose();
          return { build: transcriber.model.kernels, texts };
        },
        { weights, urls: manifest.map(({ audio }) => recordings.url(audio)) },
      );
      expect(build).toBe("relaxed");
      const heard = new Map(manifest.map(({ audio }, i) => [audio, texts[i]!]));
      const percent = percentWrong(manifest, heard);
      console.log(
        `${weights}: ${percent.toFixed(2)} % of ${manifest.length} strings' digits wrong`,
      );
      return percent;
    };
    const exact = await rate("f32");
    expect(exact).toBeLessThan(7);
    // Two digits more or less: browsers may round multiply-adds once or twice.
    const most = 1.1 * exact + 0.22;
    expect(await rate("int8")).toBeLessThan(most);
    expect(await rate("int4")).toBeLessThan(most);
    await recordings.stop();
  });
});
