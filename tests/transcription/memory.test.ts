import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { DecodingOptions } from "../../src/options.ts";
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
/** Whisper's frames and windows at an eighth of its sample rate. */
const rate = 2000;

/** Random weights, with timestamps and a prompt: every window is decoded, to its end or to the most tokens. */
async function loadTiny() {
  const markers = [
    ..."<|endoftext|> <|startoftranscript|> <|en|> <|translate|> <|transcribe|>".split(" "),
    ..."<|startoflm|> <|startofprev|> <|nospeech|> <|notimestamps|>".split(" "),
  ];
  const text = [..."abcdefghijklmnop", "Ġ"];
  const vocab = Object.fromEntries(text.map((token, id) => [token, id]));
  const added = Object.fromEntries(markers.map((token, i) => [token, text.length + i]));
  const timestamps = 1501;
  const config = {
    ...smallConfig,
    max_source_positions: 1500,
    max_target_positions: 64,
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
        chunk_length: 30,
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

it("needs no more memory for an hour than for ten minutes", async () => {
  const clip = randomF32(11 * rate, 1);
  const hear = async (minutes: number, options: DecodingOptions) => {
    const { kernels, recogniser } = await loadTiny();
    const samples = new Float32Array(minutes * 60 * rate);
    for (let at = 0; at < samples.length; at += clip.length) {
      samples.set(clip.subarray(0, samples.length - at), at);
    }
    collectGarbage();
    const before = process.memoryUsage();
    let grown = 0;
    let windows = 0;
    for await (const event of recogniser.recognise(samples, options)) {
      if (event.status !== "done" && ++windows % 10 !== 0) continue;
      collectGarbage();
      const now = process.memoryUsage();
      const bytes = now.heapUsed + now.arrayBuffers - before.heapUsed - before.arrayBuffers;
      grown = Math.max(grown, bytes);
      // What is looked at here is held until here: the whole transcript counts.
      if (event.status === "done") expect(event.transcript.duration).toBe(minutes * 60);
    }
    return { windows, peak: kernels.heap.peakBytes, grown };
  };
  const options = { timestamps: "segment", noSpeechThreshold: null } as const;
  const short = await hear(10, options);
  const long = await hear(60, options);
  console.log(short, long);
  expect(long.windows).toBeGreaterThan(5 * short.windows);
  expect(long.peak - short.peak).toBeLessThan(5 * MEGABYTE);
  expect(long.grown - short.grown).toBeLessThan(5 * MEGABYTE);
});
