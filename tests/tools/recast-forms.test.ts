import { describe, expect, it } from "vitest";
import { sinusoids } from "../../src/model/encoder.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { chooseForms, type FormOption } from "../../tools/recast/choose-forms.ts";
import { InputStatistics } from "../../tools/recast/input-statistics.ts";
import { bytesOf, codedSteps, type MatrixForm, noiseOf } from "../../tools/recast/matrix-form.ts";
import { RotatedMatrix } from "../../tools/recast/rotated-matrix.ts";
import { codeFloats } from "../../tools/recast/tensor-converter.ts";
import { randomF32 } from "../fixtures/random.ts";

const kernels = await instantiateNodeKernels();
const [ROWS, WIDTH] = [256, 192];

/** A matrix of normal numbers whose inputs follow each other closely, so that pivots differ. */
function matrix(): RotatedMatrix {
  const inputs = randomF32(2000 * WIDTH, 5);
  for (let i = 0; i < inputs.length; i++) if (i % WIDTH > 0) inputs[i]! += 0.9 * inputs[i - 1]!;
  const statistics = new InputStatistics(kernels);
  statistics.add(["encoder.layers.0.fc1"], inputs, 2000);
  const values = randomF32(ROWS * WIDTH, 6);
  return new RotatedMatrix(kernels, values, WIDTH, statistics.factorOf("encoder.layers.0.fc1"));
}

describe("coded steps", () => {
  const rotated = matrix();
  const { facts } = rotated;

  it.each([0.05, 0.12, 0.25, 0.5])("are whole multiples that weigh columns alike, %f", (share) => {
    const { step, multipliers } = codedSteps(facts, share);
    const deviation = Math.sqrt(facts.deviations.reduce((sum, x) => sum + x * x, 0) / ROWS);
    const worth = Array.from(multipliers, (k, j) => k * step * facts.pivots[j]!);
    const typical = Math.exp(worth.reduce((sum, x) => sum + Math.log(x), 0) / WIDTH);
    const logPivots = facts.pivots.reduce((sum, x) => sum + Math.log(x), 0);
    expect(typical / (share * deviation * Math.exp(logPivots / WIDTH))).toBeCloseTo(1, 1);
    if (share >= 0.12) expect(Math.max(...worth) / Math.min(...worth)).toBeLessThan(2);
    expect(Math.max(...facts.peaks) / step).toBeLessThan(127);
  });

  it.each<MatrixForm>([
    { kind: "int8" },
    { kind: "coded", share: 0.06 },
    { kind: "coded", share: 0.25 },
    { kind: "coded", share: 0.6 },
  ])("bytes and error are as foretold: %o", (form) => {
    const rounded = rotated.round(form);
    expect(rounded.byteLength / bytesOf(facts, form)).toBeGreaterThan(0.97);
    expect(rounded.byteLength / bytesOf(facts, form)).toBeLessThan(1.03);
    const foretold = noiseOf(facts, form as Exclude<MatrixForm, { kind: "int4" }>);
    expect(rounded.outputs!.noise / foretold).toBeGreaterThan(0.85);
    expect(rounded.outputs!.noise / foretold).toBeLessThan(1.15);
  });

  it("int4 is as many bytes as foretold", () => {
    const form = { kind: "int4" } as const;
    expect(rotated.round(form).byteLength).toBe(bytesOf(facts, form));
  });

  it("the same error takes fewer bytes than with one step for all columns", () => {
    const form = { kind: "coded", share: 0.25 } as const;
    const flat = { ...facts, pivots: new Float64Array(WIDTH).fill(1) };
    const energy = facts.pivots.reduce((sum, x) => sum + x * x, 0);
    const { step, multipliers } = codedSteps(flat, form.share);
    const flatNoise = (ROWS * energy * (step * multipliers[0]!) ** 2) / 12;
    // 6.02 dB a bit.
    const bits = 0.5 * Math.log2(flatNoise / noiseOf(facts, form)) * ROWS * WIDTH;
    expect(bytesOf(flat, form) + bits / 8).toBeGreaterThan(bytesOf(facts, form));
  });

  it("gives the matrix back, as rounded", () => {
    const original = randomF32(ROWS * WIDTH, 6);
    const values = rotated.round({ kind: "coded", share: 0.03 }).values();
    const noise = values.reduce((sum, x, i) => sum + (x - original[i]!) ** 2, 0);
    const signal = original.reduce((sum, x) => sum + x * x, 0);
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(30);
  });
});

describe("chooseForms", () => {
  const option = (bytes: number, divergence: number): FormOption => {
    return { form: { kind: "int8" }, bytes, divergence };
  };
  const matrices = [
    [option(100, 8), option(200, 2), option(300, 0.5)],
    [option(100, 80), option(200, 20), option(300, 5), option(400, 1.2)],
    [option(1000, 1), option(2000, 0.25)],
  ];
  const total = (chosen: readonly FormOption[]) => ({
    bytes: chosen.reduce((sum, { bytes }) => sum + bytes, 0),
    divergence: chosen.reduce((sum, { divergence }) => sum + divergence, 0),
  });
  const all = matrices[0]!.flatMap((a) =>
    matrices[1]!.flatMap((b) => matrices[2]!.map((c) => total([a, b, c]))),
  );

  it.each([1200, 1400, 1700, 2800])("nothing else is nearer to float32 in %i bytes", (budget) => {
    const chosen = total(chooseForms(matrices, { bytes: budget }));
    expect(chosen.bytes).toBeLessThanOrEqual(budget);
    const better = all.filter(
      ({ bytes, divergence }) => bytes <= chosen.bytes && divergence < chosen.divergence,
    );
    expect(better).toEqual([]);
  });

  it.each([90, 12, 4, 2])("nothing else as near as %i nats is smaller", (most) => {
    const chosen = total(chooseForms(matrices, { divergence: most }));
    expect(chosen.divergence).toBeLessThanOrEqual(most);
    const better = all.filter(
      ({ bytes, divergence }) => divergence <= chosen.divergence && bytes < chosen.bytes,
    );
    expect(better).toEqual([]);
  });

  it("comes as near as it can to what cannot be met", () => {
    expect(total(chooseForms(matrices, { bytes: 10 })).bytes).toBe(1200);
    expect(total(chooseForms(matrices, { divergence: 0.01 })).divergence).toBeCloseTo(1.95);
  });
});

describe("codeFloats", () => {
  it("keeps rows of any size 35 dB above their rounding", () => {
    const values = randomF32(40 * 60, 2).map((x, i) => x ** 3 * (i < 60 ? 50 : 1));
    const [scale, coded] = codeFloats("encoder.conv1", values, 40);
    expect(scale!.entry).toMatchObject({ name: "encoder.conv1.scale", dtype: "F32", shape: [40] });
    expect(coded!.entry).toMatchObject({ name: "encoder.conv1.coded", dtype: "U8" });
    expect(coded!.bytes.length).toBeLessThan(40 * 60);
  });
});

describe("sinusoids", () => {
  it("are those of whisper/model.py", () => {
    const values = sinusoids(1500, 384);
    const at = (position: number, channel: number) => values[position * 384 + channel]!;
    expect([at(0, 0), at(0, 191), at(0, 192), at(0, 383)]).toEqual([0, 0, 1, 1]);
    expect(at(1, 0)).toBeCloseTo(Math.sin(1), 6);
    expect(at(1, 191)).toBeCloseTo(Math.sin(1 / 10000), 8);
    expect(at(1499, 192 + 10)).toBeCloseTo(Math.cos(1499 * 10000 ** (-10 / 191)), 5);
  });
});
