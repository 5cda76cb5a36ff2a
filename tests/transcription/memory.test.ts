import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import {
  memorySource,
  randomTensors,
  smallConfig,
  writeSafetensors,
} from "../fixtures/checkpoint.ts";
import { randomF32 } from "../fixtures/random.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const MEGABYTE = 1e6;
/** Whisper's frames at an eighth of its sample rate, in windows of 5 s: an hour is soon heard. */
const rate = 2000;
const windowSeconds = 5;

/** Random weights, with timestamps and a prompt: every window is decoded, to its end or to the most tokens. */
async function loadTiny() {
  const markers = [
    ..."<|endoftext|> <|startoftranscript|> <|en|> <|translate|> <|transcribe|>".split(" "),
    ..."<|startoflm|> <|startofprev|> <|nospeech|> <|notimestamps|>".split(" "),
  ];
  const text = [..."abcdefghijklmnop", "Ġ"];
  const vocab = Object.fromEntries(text.map((token, id) => [token, id]));
  const added = Object.fromEntries(markers.map((token, i) => [token, text.length + i]));
  const timestamps = 50 * windowSeconds + 1;
  const config = {
    ...smallConfig,
    num_mel_bins: 40,
    max_source_positions: 50 * windowSeconds,
    max_target_positions: 20,
    vocab_size: text.length + markers.length + timestamps,
  };
  const source = memorySource(
    {
      "config.json": config,
      "generation_config.json": { is_multilingual: true },
      "preprocessor_config.json": {
        feature_size: config.num_mel_bins,
        sampling_rate: rate,
        n_fft: 50,
        hop_length: rate / 100,
        chunk_length: windowSeconds,
      },
      "vocab.json": vocab,
      "added_tokens.json": added,
      "model.safetensors": writeSafetensors(randomTensors(config)),
    },
    { chunkBytes: 1 << 16 },
  );
  const files = { ...source, text: async () => "" };
  const kernels = await instantiateNodeKernels();
  return { kernels, recogniser: await loadRecogniser(kernels, files) };
}

interface Measured {
  readonly windows: number;
  /** Most bytes of the kernels' memory in use. */
  readonly peak: number;
  /** Most bytes of live JavaScript objects while it was heard, beyond those before. */
  readonly grown: number;
}

/** Hears a clip again and again, so many minutes long. */
async function hear(minutes: number): Promise<Measured> {
  const { kernels, recogniser } = await loadTiny();
  const clip = randomF32(11 * rate, 1);
  const samples = new Float32Array(minutes * 60 * rate);
  for (let at = 0; at < samples.length; at += clip.length) {
    samples.set(clip.subarray(0, samples.length - at), at);
  }
  const before = liveBytes();
  let [windows, grown] = [0, 0];
  const options = { timestamps: "segment", temperature: 0, noSpeechThreshold: null } as const;
  for await (const event of recogniser.recognise(samples, options)) {
    if (event.status === "window") windows++;
    // The transcript is held by its event until the bytes are counted.
    const isTime = event.status === "done" || (event.status === "window" && windows % 40 === 0);
    if (isTime) grown = Math.max(grown, liveBytes() - before);
  }
  return { windows, peak: kernels.heap.peakBytes, grown };
}

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// When the collector has not come round to everything, a measurement says too much: then once more.
it("needs no more memory for an hour than for ten minutes", { retry: 2 }, async () => {
  const short = await hear(10);
  const long = await hear(60);
  expect(long.windows).toBeGreaterThan(5 * short.windows);
  expect(long.peak - short.peak).toBeLessThan(5 * MEGABYTE);
  expect(long.grown - short.grown).toBeLessThan(5 * MEGABYTE);
});
