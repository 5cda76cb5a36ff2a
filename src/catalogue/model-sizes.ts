import type { WeightsKind } from "../options/options.ts";

/** What the size of a Whisper network follows from; feed-forward layers are four times as wide. */
export interface ModelShape {
  /** d_model. */
  readonly width: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly melBins: number;
  readonly vocabSize: number;
}

/** How a hub stores a checkpoint's numbers. */
export type StoredDtype = "F32" | "F16";

/** Bytes of a model. They follow from its shape, so that they are known before anything is loaded. */
export interface ModelSizes {
  /** To download the weights from the hub, however they are kept in memory. */
  readonly downloadBytes: number;
  /** The file that `fwhisper recast` makes of them, at most: entropy coding takes less. */
  readonly recastBytes: Readonly<Record<Exclude<WeightsKind, "f32">, number>>;
  /** Memory of the loaded weights; while it listens, the work on a window comes on top. */
  readonly memoryBytes: Readonly<Record<WeightsKind, number>>;
}

/** Positions of the encoder (30 s) and of the decoder, the same in all of Whisper's models. */
const POSITIONS = 1500 + 448;
const storedBytes: Readonly<Record<StoredDtype, number>> = { F32: 4, F16: 2 };
/** A number in a 4-bit panel with the F32 scale of its group of 32, and with an F16 one in a file. */
const INT4_MEMORY = 0.5 + 4 / 32;
const INT4_FILE = 0.5 + 2 / 32;
/** Of an int8 row: a scale and a sum in memory, a scale in a file. */
const INT8_ROW_MEMORY = 8;
const INT8_ROW_FILE = 4;

export function modelSizes(shape: ModelShape, stored: StoredDtype): ModelSizes {
  const { all, embedding, others } = countNumbers(shape);
  const storedOthers = others * storedBytes[stored];
  const int8 = ({ numbers, rows }: Matrices, rowBytes: number) => numbers + rowBytes * rows;
  // An int4 model keeps the token embedding in int8 (src/linear/rotated-storage.ts).
  const int4 = (rowBytes: number, numberBytes: number) => {
    return int8(embedding, rowBytes) + (all.numbers - embedding.numbers) * numberBytes;
  };
  return {
    downloadBytes: all.numbers * storedBytes[stored] + storedOthers,
    recastBytes: {
      int8: int8(all, INT8_ROW_FILE) + storedOthers,
      int4: int4(INT8_ROW_FILE, INT4_FILE) + storedOthers,
    },
    memoryBytes: {
      f32: 4 * (all.numbers + others),
      int8: int8(all, INT8_ROW_MEMORY) + 4 * others,
      int4: int4(INT8_ROW_MEMORY, INT4_MEMORY) + 4 * others,
    },
  };
}

/** How many numbers a network has. */
export function countParameters(shape: ModelShape): number {
  const { all, others } = countNumbers(shape);
  return all.numbers + others;
}

interface Matrices {
  readonly numbers: number;
  readonly rows: number;
}

/** `all` matrices that may be rounded, the token `embedding` among them, and all `others`. */
function countNumbers({ width, encoderLayers, decoderLayers, melBins, vocabSize }: ModelShape) {
  // Query, key, value and output; in and out of the feed-forward layer.
  const attention = { numbers: 4 * width ** 2, rows: 4 * width };
  const feedForward = { numbers: 8 * width ** 2, rows: 5 * width };
  const embedding = { numbers: vocabSize * width, rows: vocabSize };
  const encoder = times(encoderLayers, add(attention, feedForward));
  const decoder = times(decoderLayers, add(attention, attention, feedForward));
  const convolutions = 3 * melBins * width + 3 * width ** 2;
  // Biases of all but the keys, and the two vectors of each layer norm.
  const vectors = (12 * encoderLayers + 17 * decoderLayers + 6) * width;
  return {
    all: add(encoder, decoder, embedding),
    embedding,
    others: convolutions + POSITIONS * width + vectors,
  };
}

function add(...parts: readonly Matrices[]): Matrices {
  const sum = (key: keyof Matrices) => parts.reduce((total, part) => total + part[key], 0);
  return { numbers: sum("numbers"), rows: sum("rows") };
}

function times(count: number, { numbers, rows }: Matrices): Matrices {
  return { numbers: count * numbers, rows: count * rows };
}
