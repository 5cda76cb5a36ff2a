import { beforeAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.ts";
import type { RotatedBits } from "../../src/linear/rotated-storage.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { ErrorFeedback } from "../../tools/recast/error-feedback.ts";
import { prepareBlocks } from "../../tools/recast/feedback-blocks.ts";
import { InputStatistics } from "../../tools/recast/input-statistics.ts";
import { inputsSharedWith, linearLayers } from "../../tools/recast/linear-layers.ts";
import {
  dequantiseRows,
  type QuantisedRows,
  roundToNearest,
} from "../../tools/recast/row-quantiser.ts";
import {
  factorMoments,
  factorNegated,
  type InputMoments,
} from "../../tools/recast/triangular-factor.ts";
import { randomF32 } from "../fixtures/random.ts";
import { rotateRows } from "../kernels/linear-step.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await instantiateNodeKernels();
});

/** Rows that share a few directions, as the inputs of a trained network do. */
function correlatedRows(rows: number, width: number, seed: number): Float32Array {
  const directions = 8;
  const basis = randomF32(directions * width, 99);
  const amounts = randomF32(rows * directions, seed);
  return randomF32(rows * width, seed + 1).map((noise, at) => {
    const [row, i] = [Math.floor(at / width), at % width];
    let value = 0.3 * noise;
    for (let d = 0; d < directions; d++) {
      value += amounts[row * directions + d]! * basis[d * width + i]!;
    }
    return value;
  });
}

function momentsOf(inputs: Float32Array, rows: number): InputMoments {
  const statistics = new InputStatistics(kernels);
  statistics.add(["decoder.layers.0.fc1"], inputs, rows);
  return statistics.of("decoder.layers.0.fc1")!;
}

/** |(W - Q) x|^2 or, without Q, |W x|^2, over all inputs x. */
function outputEnergy(
  weights: Float32Array,
  found: Float32Array | null,
  inputs: Float32Array,
  width: number,
): number {
  let energy = 0;
  for (let x = 0; x < inputs.length; x += width) {
    for (let row = 0; row < weights.length; row += width) {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        sum += (weights[row + i]! - (found?.[row + i] ?? 0)) * inputs[x + i]!;
      }
      energy += sum * sum;
    }
  }
  return energy;
}

/** Quantises rotated weights by either way; also what that is told to cost. */
function quantise(
  weights: Float32Array,
  moments: InputMoments | null,
  width: number,
  bits: RotatedBits,
) {
  const { heap } = kernels;
  const mark = heap.mark();
  const energies = { weights: { signal: 0, noise: 0 }, outputs: { signal: 0, noise: 0 } };
  const [pointer, rows] = [heap.copyF32(weights), weights.length / width];
  let quantised: QuantisedRows;
  if (moments === null) {
    quantised = roundToNearest(kernels, pointer, rows, width, bits, energies.weights);
  } else {
    const blocks = prepareBlocks(kernels, factorMoments(kernels, moments));
    const feedback = new ErrorFeedback(kernels, blocks, bits);
    energies.outputs.signal = feedback.outputSignal(pointer, rows);
    quantised = feedback.round(pointer, rows, energies);
  }
  heap.release(mark);
  return { ...energies, quantised, values: dequantiseRows(quantised, width, bits) };
}

const decibels = (signal: number, noise: number) => 10 * Math.log10(signal / noise);

describe("factorNegated", () => {
  it.each([1, 5, 64, 65, 200])("gives Cholesky's factor of a matrix of order %i", (n) => {
    const { heap } = kernels;
    const basis = randomF32(n * n, n);
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = i === j ? 0.1 : 0;
      for (let k = 0; k < n; k++) sum += (basis[i * n + k]! * basis[j * n + k]!) / n;
      return sum;
    });
    const mark = heap.mark();
    const pointer = heap.copyF32(matrix.map((x) => -x));
    factorNegated(kernels, pointer, n, 0.1);
    const lower = heap.f32(pointer, n * n).slice();
    heap.release(mark);
    for (let i = 0; i < n; i++) {
      expect(lower[i * n + i]).toBeGreaterThan(0);
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += lower[i * n + k]! * lower[j * n + k]!;
        expect(Math.abs(sum - matrix[i * n + j]!)).toBeLessThan(1e-5);
      }
    }
  });

  it("keeps a pivot that rounding made too small", () => {
    const { heap } = kernels;
    const pointer = heap.copyF32([-1, 0, -1, -1 + 1e-6]);
    factorNegated(kernels, pointer, 2, 0.25);
    expect([...heap.f32(pointer, 4)].filter((_, i) => i !== 1)).toEqual([1, 1, 0.5]);
  });
});

describe("InputStatistics", () => {
  it.each([
    [48, 3],
    [300, 700],
  ])("sums the moments of rotated rows of %i, %i of them", (width, rows) => {
    const inputs = correlatedRows(rows, width, 5);
    const statistics = new InputStatistics(kernels);
    const half = Math.floor(rows / 2) * width;
    statistics.add(["encoder.layers.1.fc2"], inputs.subarray(0, half), Math.floor(rows / 2));
    statistics.add(["encoder.layers.1.fc2"], inputs.subarray(half), Math.ceil(rows / 2));
    const { triangle, ...facts } = statistics.of("encoder.layers.1.fc2")!;
    expect(facts).toEqual({ width, rows });
    const turned = rotateRows(kernels, inputs, width);
    for (let i = 0, at = 0; i < width; i++) {
      for (let j = 0; j <= i; j++, at++) {
        let sum = 0;
        for (let row = 0; row < turned.length; row += width)
          sum += turned[row + i]! * turned[row + j]!;
        expect(Math.abs(triangle[at]! - sum)).toBeLessThan(1e-5 * rows);
      }
    }
    expect(statistics.of("encoder.layers.0.fc2")).toBeUndefined();
  });

  it("follows one of the layers that share an input", () => {
    const statistics = new InputStatistics(kernels);
    const parts = ["q_proj", "k_proj", "v_proj"];
    const self = parts.map((part) => `encoder.layers.0.self_attn.${part}`);
    statistics.add(self, randomF32(64, 1), 2);
    for (const name of self) expect(statistics.of(name)).toMatchObject({ rows: 2, width: 32 });
    statistics.add(["decoder.layers.0.encoder_attn.k_proj"], randomF32(96, 1), 3);
    statistics.add(["decoder.layers.1.encoder_attn.v_proj"], randomF32(96, 1), 3);
    expect(statistics.of("decoder.layers.1.encoder_attn.v_proj")).toMatchObject({ rows: 3 });
    expect(statistics.of("decoder.layers.1.encoder_attn.q_proj")).toBeUndefined();
    const [factor, ...others] = self.map((name) => statistics.factorOf(name));
    expect(factor).toMatchObject({ width: 32 });
    for (const other of others) expect(other).toBe(factor);
  });

  it("knows what every layer of a network sees", () => {
    const stack = { layers: 2, heads: 1, feedForward: 128 };
    const layers = linearLayers({
      width: 32,
      encoder: stack,
      decoder: stack,
      melBins: 80,
      sourcePositions: 10,
      targetPositions: 10,
      vocabSize: 50,
      tiedEmbedding: true,
      encoderContext: "full",
      format: 0,
      recast: null,
    });
    expect(layers).toHaveLength(2 * 6 + 2 * 10 + 1);
    const names = new Set(layers.map(({ name }) => name));
    expect(layers.every(({ name }) => names.has(inputsSharedWith(name)))).toBe(true);
  });
});

describe("ErrorFeedback", () => {
  const rows = 40;

  it.each([
    [8, 96],
    [4, 96],
    [4, 80],
    [8, 33],
  ] as const)("equals the formula, int%i, width %i", (bits, width) => {
    const weights = rotateRows(kernels, randomF32(rows * width, 3), width);
    const moments = momentsOf(correlatedRows(300, width, 7), 300);
    const { quantised, values } = quantise(weights, moments, width, bits);
    const expected = roundNaively(weights, moments, quantised.scales, width, bits);
    // Targets half way between two codes may fall either way in float32.
    const different = values.filter((value, i) => Math.abs(value - expected[i]!) > 1e-4);
    expect(different.length).toBeLessThan(0.01 * values.length);
  });

  it.each([
    [8, 4],
    [4, 4],
  ] as const)(
    "int%i: outputs have at least %i dB more than with rounding to nearest",
    (bits, gain) => {
      const width = 192;
      const weights = rotateRows(kernels, randomF32(rows * width, 3), width);
      const moments = momentsOf(correlatedRows(1000, width, 7), 1000);
      const heldOut = rotateRows(kernels, correlatedRows(100, width, 21), width);
      const signal = outputEnergy(weights, null, heldOut, width);
      const [nearest, feedback] = [null, moments].map((known) => {
        const { values } = quantise(weights, known, width, bits);
        return decibels(signal, outputEnergy(weights, values, heldOut, width));
      });
      expect(feedback! - nearest!).toBeGreaterThan(gain);
    },
  );

  it.each([8, 4] as const)("int%i: tells the energies of weights and outputs", (bits) => {
    const width = 96;
    const weights = rotateRows(kernels, randomF32(rows * width, 3), width);
    const inputs = correlatedRows(1000, width, 7);
    const found = quantise(weights, momentsOf(inputs, 1000), width, bits);
    const { outputs, values } = found;
    const seen = rotateRows(kernels, inputs, width);
    const error = (value: number, i: number) => (value - values[i]!) ** 2;
    const noise = weights.map(error).reduce((sum, x) => sum + x, 0);
    expect(found.weights.noise / noise).toBeCloseTo(1, 3);
    // Its outputs are those on the damped moments, so both energies are a little larger.
    const signal = outputEnergy(weights, null, seen, width);
    expect(outputs.signal / signal).toBeGreaterThan(1);
    expect(outputs.signal / signal).toBeLessThan(1.15);
    expect(outputs.noise / outputEnergy(weights, values, seen, width)).toBeGreaterThan(1);
    expect(outputs.noise / outputEnergy(weights, values, seen, width)).toBeLessThan(2.5);
  });

  it.each([64, 33])(
    "is rounding to nearest where inputs are not correlated or always zero, width %i",
    (width) => {
      const weights = rotateRows(kernels, randomF32(rows * width, 3), width);
      const diagonal = new Float32Array((width * (width + 1)) / 2);
      for (let i = 0; i < width; i++) diagonal[(i * (i + 3)) / 2] = 2;
      for (const triangle of [diagonal, new Float32Array(diagonal.length)]) {
        const moments = { width, rows: 1, triangle };
        for (const bits of [8, 4] as const) {
          const expected = quantise(weights, null, width, bits).quantised;
          expect(quantise(weights, moments, width, bits).quantised).toEqual(expected);
        }
      }
    },
  );

  it("leaves rows of zeros zero", () => {
    const width = 64;
    const moments = momentsOf(correlatedRows(100, width, 7), 100);
    for (const bits of [8, 4] as const) {
      const { values } = quantise(new Float32Array(2 * width), moments, width, bits);
      expect(values.every((value) => value === 0)).toBe(true);
    }
  });
});

/** q_j = round(w_j + sum over k > j of R_jk / R_jj (w_k - q_k)) in float64, with the scales given. */
function roundNaively(
  weights: Float32Array,
  { rows, triangle }: InputMoments,
  scales: Float32Array,
  width: number,
  bits: RotatedBits,
): Float64Array {
  let trace = 0;
  for (let i = 0; i < width; i++) trace += triangle[(i * (i + 3)) / 2]!;
  const damping = Math.min(Math.max(width / rows, 0.03), 1);
  const lower = new Float64Array(width * width);
  for (let i = 0, at = 0; i < width; i++) {
    for (let j = 0; j <= i; j++, at++) {
      let sum = triangle[at]! + (i === j ? (damping * trace) / width : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * width + k]! * lower[j * width + k]!;
      lower[i * width + j] = i === j ? Math.sqrt(sum) : sum / lower[j * width + j]!;
    }
  }
  const found = new Float64Array(weights.length);
  const [lowest, highest] = bits === 8 ? [-127, 127] : [-8, 7];
  const groups = Math.ceil(width / 32);
  for (let row = 0; row < weights.length / width; row++) {
    for (let j = width - 1; j >= 0; j--) {
      const at = row * width + j;
      const scale = scales[bits === 8 ? row : row * groups + Math.floor(j / 32)]!;
      let wanted = weights[at]!;
      for (let k = j + 1; k < width; k++) {
        const error = weights[row * width + k]! - found[row * width + k]!;
        wanted += (lower[k * width + j]! / lower[j * width + j]!) * error;
      }
      found[at] = scale * Math.min(Math.max(Math.round(wanted / scale), lowest), highest);
    }
  }
  return found;
}
