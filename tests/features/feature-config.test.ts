import { describe, expect, it } from "vitest";
import { ModelError } from "../../src/errors.ts";
import { parseFeatureConfig } from "../../src/features/feature-config.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

const digits = {
  feature_extractor_type: "WhisperFeatureExtractor",
  sampling_rate: 8000,
  n_fft: 256,
  hop_length: 160,
  feature_size: 40,
  chunk_length: 16,
  n_samples: 128000,
  nb_max_frames: 800,
};

const whisper = {
  sampleRate: 16000,
  fftLength: 400,
  hopLength: 160,
  melBins: 80,
  windowSamples: 480000,
  windowFrames: 3000,
};

describe("parseFeatureConfig", () => {
  it("reads the fields, derives the missing ones and ignores the rest", () => {
    const expected = {
      sampleRate: 8000,
      fftLength: 256,
      hopLength: 160,
      melBins: 40,
      windowSamples: 128000,
      windowFrames: 800,
    };
    expect(parseFeatureConfig(digits)).toEqual(expected);
    const { n_samples, nb_max_frames, ...rest } = digits;
    expect(parseFeatureConfig(rest)).toEqual(expected);
  });

  it("takes the defaults of transformers for what is missing", () => {
    expect(parseFeatureConfig({ feature_size: 128 })).toEqual({ ...whisper, melBins: 128 });
  });

  it.each([
    { change: { n_fft: 401 }, field: "n_fft" },
    { change: { hop_length: 0 }, field: "hop_length" },
    { change: { hop_length: 128001 }, field: "chunk_length" },
    { change: { n_fft: 256000 }, field: "chunk_length" },
    { change: { feature_size: "80" }, field: "feature_size" },
    { change: { sampling_rate: 8000.5 }, field: "sampling_rate" },
    { change: { chunk_length: 16.5 }, field: "chunk_length" },
    { change: { n_samples: 480000 }, field: "n_samples" },
    { change: { nb_max_frames: 3000 }, field: "nb_max_frames" },
  ])("refuses $change", ({ change, field }) => {
    const parse = () => parseFeatureConfig({ ...digits, ...change }, "some/config.json");
    expect(parse).toThrow(ModelError);
    expect(parse).toThrow(`some/config.json: ${field}: expected`);
  });

  it.each([null, [], "{}", 7, undefined])("refuses %j, which is no object", (json) => {
    expect(() => parseFeatureConfig(json)).toThrow(ModelError);
  });
});

describeWithReference("parseFeatureConfig on the reference models", () => {
  it.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])("%s", (model) => {
    expect(parseFeatureConfig(referenceJson(`models/${model}/preprocessor_config.json`))).toEqual(
      whisper,
    );
  });
});
