import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import { RotatedLinear } from "../src/linear/rotated-linear.ts";
import { placeSigns, RotatedStorage } from "../src/linear/rotated-storage.ts";
import { round } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import { randomValues } from "./random-tensor.ts";
import type { Report } from "./report.ts";

/** d_model of Whisper's models, and the width of tiny's feed-forward layer. */
export const rotationWidths = [384, 512, 768, 1280, 1536] as const;
/** One input channel in so many is an outlier, of the weights and, drawn apart, of the activations. */
const OUTLIER_EVERY = 100;
const OUTLIER_FACTOR = 30;
const INPUTS = 32;
const OUTPUTS = 64;

/**
 * How many dB the outputs of a layer lie above the error of rounding weights and activations, the
 * mean over some layers.
 */
export interface RotationWorth {
  /** Weights and activations rounded as they are, a scale for each row. */
  readonly plainInt8: number;
  readonly rotatedInt8: number;
  /** As plain int8, with weights of 4 bits. */
  readonly plainInt4: number;
  /** A scale for each group of 32 weights: the outliers spoil their own groups only. */
  readonly groupedInt4: number;
  /** Rotated, in such groups: the product's int4. */
  readonly rotatedInt4: number;
}

/** Rounds `draws` seeded layers, of numbers as `plant` makes them, in every way. */
export function measureRotation(
  kernels: Kernels,
  width: number,
  draws: number,
  plant: Plant = plantOutliers,
): RotationWorth {
  const worth = { plainInt8: 0, rotatedInt8: 0, plainInt4: 0, groupedInt4: 0, rotatedInt4: 0 };
  for (let draw = 0; draw < draws; draw++) {
    const layer = drawLayer(width, draw, plant);
    const ratio = (storage: RotatedStorage, place: (rows: number) => void, isRotated: boolean) => {
      return outputRatio(kernels, layer, storage, place, isRotated) / draws;
    };
    const mark = kernels.heap.mark();
    const shape = { inner: width, columns: OUTPUTS };
    const int8 = new RotatedStorage(kernels, shape, 8, 0);
    const int4 = new RotatedStorage(kernels, shape, 4, 0);
    const placeInt8 = (rows: number) => int8.placeFloats(rows, 0, OUTPUTS);
    const placeInt4 = (rows: number) => int4.placeFloats(rows, 0, OUTPUTS);
    worth.plainInt8 += ratio(int8, placeInt8, false);
    worth.rotatedInt8 += ratio(int8, placeInt8, true);
    worth.plainInt4 += ratio(int8, () => placeRowsOf4Bits(kernels, layer, int8), false);
    worth.groupedInt4 += ratio(int4, placeInt4, false);
    worth.rotatedInt4 += ratio(int4, placeInt4, true);
    kernels.heap.release(mark);
  }
  return worth;
}

/** `npm run bench -- rotation`: what rotation is worth; `request.runs` layers of each width. */
export async function benchRotation(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const kernels = await instantiateKernels(host.kernels, { threads: 1 });
  const rows = rotationWidths.map((width) => {
    host.progress(`rotation: width ${width}`);
    const worth = measureRotation(kernels, width, request.runs);
    return {
      width,
      "plain int8": round(worth.plainInt8),
      "rotated int8": round(worth.rotatedInt8),
      gain: round(worth.rotatedInt8 - worth.plainInt8),
      "plain int4": round(worth.plainInt4),
      "int4 in groups": round(worth.groupedInt4),
      "rotated int4": round(worth.rotatedInt4),
      "int4 gain": round(worth.rotatedInt4 - worth.plainInt4),
      "over groups": round(worth.rotatedInt4 - worth.groupedInt4),
    };
  });
  kernels.dispose();
  return [
    {
      title: `Rotation: signal to noise ratio of a linear layer's outputs in dB, ${kernels.build} build`,
      rows,
      notes: [
        `Seeded weights and activations, 1 % of the input channels of either ${OUTLIER_FACTOR} times larger, drawn apart; means over ${request.runs} layers. Activations are int8, a scale for each row; so are plain weights. "In groups": a scale for 32 weights, as in rotated int4. Goal: 6 dB above plain.`,
      ],
    },
  ];
}

interface Layer {
  readonly width: number;
  /** [OUTPUTS, width]. */
  readonly weights: Float32Array;
  /** [INPUTS, width]. */
  readonly inputs: Float32Array;
  /** [INPUTS, OUTPUTS], exact. */
  readonly outputs: Float64Array;
}

/** Rows of numbers with what makes them hard to round. */
export type Plant = (name: string, rows: number, width: number) => Float32Array;

function drawLayer(width: number, draw: number, plant: Plant): Layer {
  const weights = plant(`weights ${width} ${draw}`, OUTPUTS, width);
  const inputs = plant(`inputs ${width} ${draw}`, INPUTS, width);
  const outputs = Float64Array.from({ length: INPUTS * OUTPUTS }, (_, at) => {
    const input = Math.floor(at / OUTPUTS) * width;
    const row = (at % OUTPUTS) * width;
    let sum = 0;
    for (let i = 0; i < width; i++) sum += weights[row + i]! * inputs[input + i]!;
    return sum;
  });
  return { width, weights, inputs, outputs };
}

/** Random rows whose values are OUTLIER_FACTOR times larger in some columns. */
function plantOutliers(name: string, rows: number, width: number): Float32Array {
  const values = randomValues(name, rows * width);
  const lots = randomValues(`outliers of ${name}`, width);
  const count = Math.round(width / OUTLIER_EVERY);
  const outliers = [...lots.keys()].sort((a, b) => lots[b]! - lots[a]!).slice(0, count);
  for (const column of outliers) {
    for (let row = 0; row < rows; row++) values[row * width + column]! *= OUTLIER_FACTOR;
  }
  return values;
}

/**
 * Through the product's layer, in dB. Not rotated is the same code: it turns weights and inputs that
 * were turned back before, and rounds them as they were.
 *
 * @param place puts the weights into `storage`, from a copy of them (turned if not to be rotated)
 */
function outputRatio(
  kernels: Kernels,
  { width, weights, inputs, outputs }: Layer,
  storage: RotatedStorage,
  place: (rows: number) => void,
  isRotated: boolean,
): number {
  const { heap } = kernels;
  const mark = heap.mark();
  const weightRows = heap.copyF32(weights);
  const inputRows = heap.copyF32(inputs);
  const outputRows = heap.allocateF32(INPUTS * OUTPUTS);
  if (!isRotated) {
    const signs = placeSigns(kernels, width);
    kernels.unrotateRowsF32(weightRows, OUTPUTS, width, signs);
    kernels.unrotateRowsF32(inputRows, INPUTS, width, signs);
  }
  place(weightRows);
  new RotatedLinear(kernels, storage).apply(inputRows, INPUTS, outputRows);
  const found = heap.f32(outputRows, INPUTS * OUTPUTS);
  let [signal, noise] = [0, 0];
  for (const [i, exact] of outputs.entries()) {
    signal += exact * exact;
    noise += (exact - found[i]!) ** 2;
  }
  heap.release(mark);
  return 10 * Math.log10(signal / noise);
}

/** Weights as they are in codes of -7 .. 7, a scale for each row. */
function placeRowsOf4Bits(
  { heap }: Kernels,
  { width, weights }: Layer,
  storage: RotatedStorage,
): void {
  const mark = heap.mark();
  const codes = new Int8Array(weights.length);
  const scales = new Float32Array(OUTPUTS);
  for (let row = 0; row < OUTPUTS; row++) {
    const values = weights.subarray(row * width, (row + 1) * width);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 7;
    scales[row] = scale;
    codes.set(
      values.map((value) => Math.round(value / scale)),
      row * width,
    );
  }
  const pointer = heap.allocate(codes.length);
  heap.u8(pointer, codes.length).set(new Uint8Array(codes.buffer));
  storage.placeCodes(pointer, 0, OUTPUTS);
  storage.placeScales(heap.copyF32(scales), 0, OUTPUTS);
  heap.release(mark);
}
