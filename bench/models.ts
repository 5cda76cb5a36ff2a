import { parseFeatureConfig } from "../src/features/feature-config.ts";
import { computeLogMel } from "../src/features/log-mel.ts";
import { loadModel } from "../src/model/load-model.ts";
import { parseModelConfig } from "../src/model/model-config.ts";
import { instantiateNodeKernels } from "../tools/node/kernels.ts";
import { measure, report, round } from "./measure.ts";
import { randomModel } from "./random-model.ts";
import { configOf, type ShapeName } from "./shapes.ts";

const TOKENS = 100;

/**
 * One window through a model of that shape with random weights: log-mel, encoder, cross-attention
 * set-up, tokens; the real-time factor of a whole window of `TOKENS` tokens, and the memory it took.
 */
export async function benchModel(shape: ShapeName, runs: number): Promise<void> {
  const kernels = await instantiateNodeKernels();
  const { heap } = kernels;
  const config = configOf(shape);
  const model = await loadModel(kernels, randomModel(shape), parseModelConfig(config));
  const weightBytes = heap.usedBytes;
  const features = parseFeatureConfig({ feature_size: config.num_mel_bins });
  const windowSeconds = features.windowSamples / features.sampleRate;
  const tone = Float32Array.from({ length: features.windowSamples }, (_, i) => Math.sin(i / 20));

  const featureTime = await measure(runs, () => {
    const mark = heap.mark();
    computeLogMel(kernels, tone, features, { padTo: "window" });
    heap.release(mark);
  });
  const logMel = computeLogMel(kernels, tone, features, { padTo: "window" });
  const mark = heap.mark();
  const encode = () => {
    heap.release(mark);
    return model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
  };
  const encodeTime = await measure(runs, encode);
  const audio = await encode();
  const beforeCaches = heap.mark();
  const openTime = await measure(runs, () => {
    heap.release(beforeCaches);
    model.decoder.open(audio);
  });
  heap.release(beforeCaches);
  const decoder = model.decoder.open(audio);
  const decodeTime = await measure(runs, () => {
    decoder.reset();
    for (let token = 0; token < TOKENS; token++) decoder.feed([token], [0]);
  });
  const total = featureTime.median + encodeTime.median + openTime.median + decodeTime.median;
  report("model", [
    {
      shape,
      "log-mel ms": round(featureTime.median),
      "encode ms": round(encodeTime.median),
      "cross-attention set-up ms": round(openTime.median),
      "ms a token": round(decodeTime.median / TOKENS),
      "real-time factor": round(total / 1000 / windowSeconds),
      "weights MB": round(weightBytes / 1e6),
      "peak MB": round(heap.peakBytes / 1e6),
    },
  ]);
}
