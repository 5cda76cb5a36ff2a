import { codedSlot } from "../checkpoint/coded-slot.ts";
import { stepSlot } from "../checkpoint/step-slot.ts";
import { codeSlot, floatSlot } from "../checkpoint/tensor-slot.ts";
import type { Weights } from "../checkpoint/weights.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { CascadeLinear } from "./cascade-linear.ts";
import { cascadeSlots } from "./cascade-slots.ts";
import { DenseLinear } from "./dense-linear.ts";
import { JoinedLinear } from "./joined-linear.ts";
import type { Linear, Matrix } from "./linear.ts";
import { ObservedLinear } from "./observed-linear.ts";
import { type RotatedBits, rotatedBits } from "./rotated-bits.ts";
import { RotatedLinear } from "./rotated-linear.ts";
import { RotatedStorage } from "./rotated-storage.ts";

/** A linear layer of the checkpoint: `name`.weight, or what stands for it, and perhaps `name`.bias. */
export interface LinearPart {
  readonly name: string;
  readonly hasBias: boolean;
}

export interface LinearShape {
  readonly inputWidth: number;
  /** Of each part. */
  readonly outputWidth: number;
}

/**
 * Linear layers of one input and one output width each, side by side: [part 0 | part 1 | ...]. Each is
 * of the kind that its tensors' names tell; those of one kind become one matrix.
 */
export function buildLinear(
  kernels: Kernels,
  weights: Weights,
  parts: readonly LinearPart[],
  shape: LinearShape,
): Linear {
  const kinds = new Set(parts.map(({ name }) => kindOf(weights, name)));
  const canStack = !kinds.has("cascade") && kinds.size === 1 && shape.outputWidth % 8 === 0;
  const linear =
    canStack || parts.length === 1
      ? stack(kernels, weights, parts, shape)
      : new JoinedLinear(parts.map((part) => stack(kernels, weights, [part], shape)));
  return observed(kernels, weights, parts, linear);
}

/** A matrix without bias whose rows can be read: the token embedding, and what projects to logits. */
export function buildMatrix(
  kernels: Kernels,
  weights: Weights,
  name: string,
  inputWidth: number,
  outputWidth: number,
): Matrix {
  const parts = [{ name, hasBias: false }];
  return stackMatrix(kernels, weights, parts, { inputWidth, outputWidth });
}

/** `linear`, or a wrapper that shows its input to whoever observes the model. */
export function observed(
  kernels: Kernels,
  { observe }: Weights,
  parts: readonly { readonly name: string }[],
  linear: Linear,
): Linear {
  if (observe === undefined) return linear;
  const names = parts.map(({ name }) => name);
  return new ObservedLinear(kernels, linear, names, observe);
}

function kindOf(weights: Weights, name: string): "cascade" | "dense" | RotatedBits {
  if (weights.has(`${name}.cascade.scale`)) return "cascade";
  if (weights.has(`${name}.rotated.coded`)) return 8;
  // What is in other files than the first is known by name alone.
  const dtype = weights.dtypeOf(`${name}.rotated.weight`);
  if (dtype !== undefined) return dtype === "U8" ? 4 : 8;
  if (weights.kind === "f32") return "dense";
  return rotatedBits(weights.kind, name);
}

function stack(
  kernels: Kernels,
  weights: Weights,
  parts: readonly LinearPart[],
  shape: LinearShape,
): Linear {
  const [first] = parts;
  if (kindOf(weights, first!.name) !== "cascade") {
    return stackMatrix(kernels, weights, parts, shape);
  }
  const { scale, permutation, weights: stages } = cascadeSlots(kernels, shape);
  const bias = stackBias(kernels, weights, parts, shape.outputWidth);
  weights.expect(`${first!.name}.cascade.scale`, scale);
  weights.expect(`${first!.name}.cascade.permutation`, permutation);
  return new CascadeLinear(kernels, shape, stages, bias);
}

function stackMatrix(
  kernels: Kernels,
  weights: Weights,
  parts: readonly LinearPart[],
  { inputWidth, outputWidth }: LinearShape,
): Matrix {
  const columns = parts.length * outputWidth;
  const bias = stackBias(kernels, weights, parts, outputWidth);
  const kind = kindOf(weights, parts[0]!.name);
  if (kind === 8 || kind === 4) {
    const size = { inner: inputWidth, columns };
    const storage = new RotatedStorage(kernels, size, kind, bias, weights.signs(inputWidth));
    for (const [i, { name }] of parts.entries()) {
      expectRotated(kernels, weights, name, storage, i * outputWidth, outputWidth);
    }
    return new RotatedLinear(kernels, storage);
  }
  const packed = weights.allocatePanels(columns, inputWidth);
  for (const [i, { name }] of parts.entries()) {
    const target = packed + i * outputWidth * inputWidth * 4;
    weights.expectPacked(`${name}.weight`, outputWidth, inputWidth, target);
  }
  return new DenseLinear(kernels, { inputWidth, outputWidth: columns }, { packed, bias });
}

/** Biases one after the other, zeros for parts without; 0 when no part has any. */
function stackBias(
  { heap }: Kernels,
  weights: Weights,
  parts: readonly LinearPart[],
  outputWidth: number,
): number {
  if (!parts.some(({ hasBias }) => hasBias)) return 0;
  const bias = heap.allocateF32(parts.length * outputWidth);
  heap.f32(bias, parts.length * outputWidth).fill(0);
  for (const [i, { name, hasBias }] of parts.entries()) {
    if (hasBias) weights.expectVector(`${name}.bias`, outputWidth, bias + i * outputWidth * 4);
  }
  return bias;
}

/** Fills rows `first` .. of the storage from codes and scales, or from floats on the way. */
function expectRotated(
  kernels: Kernels,
  weights: Weights,
  name: string,
  storage: RotatedStorage,
  first: number,
  rows: number,
): void {
  if (weights.has(`${name}.rotated.coded`)) {
    const codes = codedSlot(kernels, [rows, storage.inner], (bytes, row, count) => {
      storage.placeCodes(bytes, first + row, count);
    });
    const steps = stepSlot(kernels, rows, (values, row, count) => {
      storage.placeScales(values, first + row, count);
    });
    weights.expect(`${name}.rotated.coded`, codes);
    weights.expect(`${name}.rotated.scale`, steps);
    return;
  }
  if (!weights.has(`${name}.rotated.weight`)) {
    const slot = floatSlot(kernels, [rows, storage.inner], (values, row, count) => {
      storage.placeFloats(values, first + row, count);
    });
    weights.expect(`${name}.weight`, slot);
    return;
  }
  const dtype = storage.bits === 8 ? "I8" : "U8";
  const codes = codeSlot(kernels, [rows, storage.codeBytes], dtype, (bytes, row, count) => {
    storage.placeCodes(bytes, first + row, count);
  });
  const shape = storage.bits === 8 ? [rows] : [rows, storage.groups];
  const scales = floatSlot(kernels, shape, (values, row, count) => {
    storage.placeScales(values, first + row, count);
  });
  weights.expect(`${name}.rotated.weight`, codes);
  weights.expect(`${name}.rotated.scale`, scales);
}
