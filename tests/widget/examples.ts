import type { ModelInfo } from "../../src/model-info.ts";
import type { Segment, Transcript } from "../../src/results.ts";
import type { FileProgress } from "../../src/widget/state.ts";

export const model: ModelInfo = {
  id: "embedded",
  sampleRate: 8000,
  windowDuration: 16,
  languages: [],
  isMultilingual: false,
  hasTimestamps: false,
  wasmBytes: 1 << 22,
  kernels: "relaxed",
  threads: 2,
  weights: "int8",
};

export const download: FileProgress = {
  status: "download",
  file: "model.safetensors",
  loadedBytes: 460_000,
  totalBytes: 1_840_000,
  cached: false,
};

export function segment(text: string, facts: Partial<Segment> = {}): Segment {
  return {
    id: 0,
    seek: 0,
    start: 0,
    end: 1,
    text,
    tokens: [1],
    temperature: 0,
    avgLogProb: 0,
    compressionRatio: 1,
    noSpeechProb: 0,
    ...facts,
  };
}

export const transcript: Transcript = {
  text: "123",
  language: null,
  duration: 4.5,
  tokens: [1, 2, 3],
  segments: [segment("123")],
  avgLogProb: 0,
  noSpeechProb: 0,
  timing: { load: 0, features: 0.1, encode: 0.2, decode: 0.15, realTimeFactor: 0.1 },
};
