/**
 * `npm start`: transcribes the bundled sample in the terminal, then builds and serves the page.
 * `npm start -- --once` ends after the transcript.
 */
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { instantiateKernels } from "../src/kernels/kernels.ts";
import { loadRecogniser } from "../src/transcription/recogniser.ts";
import { parseCommand, UsageError } from "./command-line.ts";
import { nodeHost } from "./node/kernels.ts";
import { openModel } from "./node/open-model.ts";
import { readAudioFile } from "./node/read-audio-file.ts";
import { runMain } from "./run-main.ts";

const sample = new URL("../public/samples/jfk.flac", import.meta.url);

async function main(): Promise<void> {
  const { values, positionals } = parseCommand(process.argv.slice(2), {
    once: { type: "boolean", default: false },
  });
  if (positionals.length > 0) throw new UsageError(`Found "${positionals[0]}", expected nothing.`);
  await transcribeSample();
  if (values.once) return;
  await build({ logLevel: "warn" });
  const server = await preview({ preview: { open: false } });
  console.log("\nThe page, for your own voice:");
  server.printUrls();
}

async function transcribeSample(): Promise<void> {
  const { signal } = new AbortController();
  const begun = performance.now();
  const kernels = await instantiateKernels(nodeHost);
  const recogniser = await loadRecogniser(kernels, openModel("embedded", { signal }), {
    signal,
  });
  const loadSeconds = (performance.now() - begun) / 1000;
  const samples = await readAudioFile(fileURLToPath(sample), recogniser.facts.sampleRate);
  const { text, duration, timing } = await recogniser.transcribe(samples);
  kernels.dispose();
  console.log(`Sample of ${duration.toFixed(2)} s: ${text}`);
  console.log(`Loaded in ${loadSeconds.toFixed(2)} s`);
  console.log(`Real-time factor: ${timing.realTimeFactor.toFixed(4)}`);
}

await runMain(main, "The only option of npm start is --once: npm start -- --once");
