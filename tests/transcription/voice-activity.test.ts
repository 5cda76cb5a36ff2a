import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

describe("voice activity", async () => {
  const recogniser = await loadRecogniser(
    await instantiateNodeKernels(),
    openModelFolder(path("models/digits")),
  );
  const { sampleRate } = recogniser.facts;
  const sample = await readAudioFile(path("samples/numbers.wav"), sampleRate);

  it("hears speech behind long silence where it is", async () => {
    const recording = new Float32Array(20 * sampleRate + sample.length);
    recording.set(sample, 20 * sampleRate);
    const { text, segments } = await recogniser.transcribe(recording, { voiceActivity: true });
    expect(text.replaceAll(" ", "")).toBe("4072916");
    expect(segments[0]!.start).toBeGreaterThan(19);
  });

  it("gives no text for silence, and does no work", async () => {
    const silence = new Float32Array(30 * sampleRate);
    const transcript = await recogniser.transcribe(silence, { voiceActivity: true });
    expect(transcript.text).toBe("");
    expect(transcript.segments).toEqual([]);
    expect(transcript.timing.encode).toBe(0);
  });
});
