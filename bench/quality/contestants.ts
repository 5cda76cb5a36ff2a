import { basename } from "node:path";
import { modelSizes } from "../../src/catalogue/model-sizes.ts";
import { findCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { ModelConfig } from "../../src/checkpoint/model-config.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { ModelError, OptionError } from "../../src/errors.ts";
import type { KernelBuild } from "../../src/kernels/choose-build.ts";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { unrotatedSource } from "../../tools/quality/unrotated-source.ts";

/** How a contestant's weights came to be what they are. */
export type ContestantGroup = "as loaded" | "without rotation" | "recast";

/** Weights that are compared with float32's. */
export interface Contestant {
  readonly label: string;
  readonly group: ContestantGroup;
  /** Of the file that holds them. */
  readonly bytes: number;
  readonly source: ModelSource;
  readonly weights: WeightsKind;
}

const roundedKinds = ["int8", "int4"] as const;

/**
 * What a checkpoint becomes while it is loaded, in float32 first, and what rounding without rotation
 * makes of it.
 *
 * @param kernels for rounding
 */
export async function plainContestants(
  kernels: Kernels,
  source: ModelSource,
  config: ModelConfig,
): Promise<Contestant[]> {
  const bytes = await countWeightBytes(source);
  const { recastBytes } = modelSizes(shapeOf(config), "F16");
  return [
    { label: "f32", group: "as loaded", bytes, source, weights: "f32" },
    ...roundedKinds.map((weights): Contestant => {
      return { label: weights, group: "as loaded", bytes: recastBytes[weights], source, weights };
    }),
    ...roundedKinds.map((kind): Contestant => {
      return {
        label: `${kind}, not rotated`,
        group: "without rotation",
        bytes: recastBytes[kind],
        source: unrotatedSource(kernels, source, config, kind),
        weights: "f32",
      };
    }),
  ];
}

/** What `fwhisper recast` made, in a folder of this machine. */
export async function recastContestant(folder: string): Promise<Contestant> {
  const source = openModelFolder(folder);
  // "int8": what is rotated already stays as it is.
  const shared = { group: "recast", source, weights: "int8" } as const;
  return { label: basename(folder), bytes: await countWeightBytes(source), ...shared };
}

/** Loads weights into kernels of their own, lets them be measured and gives their memory back. */
export async function withContestant<T>(
  { source, weights }: Contestant,
  options: { readonly threads: number; readonly build: KernelBuild },
  measure: (loaded: LoadedModel) => Promise<T>,
): Promise<T> {
  const kernels = await instantiateKernels(nodeHost, options);
  try {
    const { loaded } = await loadRecogniser(kernels, source, { weights });
    checkIsFloat(weights, loaded, source);
    return await measure(loaded);
  } finally {
    kernels.dispose();
  }
}

/** A recast model stays what it is: nothing can be compared with its float32. */
function checkIsFloat(asked: WeightsKind, { model }: LoadedModel, { name }: ModelSource): void {
  if (asked !== "f32" || model.weights === "f32") return;
  throw new OptionError(
    `--model: expected a float checkpoint to compare with, found ${name}, whose weights are rounded already. Give the model that it was made from; compare rounded ones by --recast.`,
    { expected: "a float checkpoint", found: name },
  );
}

/** Bytes of a model's safetensors files. */
async function countWeightBytes(source: ModelSource): Promise<number> {
  const checkpoint = await findCheckpoint(source);
  let bytes = 0;
  for (const file of checkpoint.files) {
    const { stream, byteLength } = await checkpoint.open(file);
    await stream.cancel();
    if (byteLength === null) {
      throw new ModelError(`${file} of ${source.name}: its length is not told.`, { file });
    }
    bytes += byteLength;
  }
  return bytes;
}

function shapeOf({ width, encoder, decoder, melBins, vocabSize }: ModelConfig) {
  const [encoderLayers, decoderLayers] = [encoder.layers, decoder.layers];
  return { width, encoderLayers, decoderLayers, melBins, vocabSize };
}
