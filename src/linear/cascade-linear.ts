import { damaged, type TensorEntry } from "../checkpoint/safetensors.ts";
import { checkTensor, floatSlot, readSlice, type TensorSlot } from "../checkpoint/tensor-slot.ts";
import { EngineError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { type Application, type Linear, prepareInput } from "./linear.ts";

/** Weights of a cascade, known when its tensors have arrived. */
export interface CascadeWeights {
  readonly stages: number;
  /** Padded width, a power of two. */
  readonly n: number;
  /** F32 [stages, n]. */
  readonly scales: number;
  /** I32 [stages, n], entries 0 .. n - 1. */
  readonly permutations: number;
}

/** DeepSpectralLinear: stages of permute, scale, FWHT; O(K n) parameters in place of a matrix. */
export class CascadeLinear implements Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly #kernels: Kernels;
  readonly #weights: () => CascadeWeights;
  readonly #bias: number;

  constructor(
    kernels: Kernels,
    shape: { inputWidth: number; outputWidth: number },
    weights: () => CascadeWeights,
    bias: number,
  ) {
    this.#kernels = kernels;
    this.inputWidth = shape.inputWidth;
    this.outputWidth = shape.outputWidth;
    this.#weights = weights;
    this.#bias = bias;
  }

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const { stages, n, scales, permutations } = this.#weights();
    const mark = heap.mark();
    const { inputWidth, outputWidth } = this;
    const layer = [inputWidth, outputWidth, stages, n, scales, permutations, this.#bias];
    kernels.cascadeRowsF32(
      prepareInput(kernels, application.before, input, rows, inputWidth),
      rows,
      heap.copyI32(layer),
      output,
      application.stride ?? outputWidth,
      application.accumulate ?? false,
      heap.allocateF32(2 * n),
    );
    heap.release(mark);
  }
}

/**
 * Slots for the two tensors of a cascade layer. Their shape [K, n] is the checkpoint's choice, so
 * memory is taken when they arrive.
 */
export function cascadeSlots(
  kernels: Kernels,
  layer: { inputWidth: number; outputWidth: number },
): { scale: TensorSlot; permutation: TensorSlot; weights: () => CascadeWeights } {
  const { heap } = kernels;
  const minimum = Math.max(layer.inputWidth, layer.outputWidth);
  let scales: number | undefined;
  let permutations: number | undefined;
  let shape: readonly [number, number] | undefined;

  /** Both tensors must agree; the first one seen decides. */
  const agree = (entry: TensorEntry, file: string, dtypes: Parameters<typeof checkTensor>[3]) => {
    const [stages = 0, n = 0] = entry.shape;
    if (entry.shape.length !== 2 || stages < 1 || n < minimum || (n & (n - 1)) !== 0) {
      const found = `[${entry.shape.join(", ")}]`;
      const expected = `shape [stages, n], n a power of two of at least ${minimum}`;
      throw damaged(file, expected, found, entry.name, "Recast the model again.");
    }
    shape ??= [stages, n];
    checkTensor(entry, file, shape, dtypes);
    return { stages, n };
  };

  const scale: TensorSlot = {
    check: (entry, file) => void agree(entry, file, ["F32", "F16"]),
    async place(entry, reader, file) {
      const { stages, n } = agree(entry, file, ["F32", "F16"]);
      const target = heap.allocateF32(stages * n);
      await floatSlot(kernels, [stages, n], (values, row, count) => {
        heap.f32(target + row * n * 4, count * n).set(heap.f32(values, count * n));
      }).place(entry, reader, file);
      scales = target;
    },
  };

  const permutation: TensorSlot = {
    check: (entry, file) => void agree(entry, file, ["I32"]),
    async place(entry, reader, file) {
      const { stages, n } = agree(entry, file, ["I32"]);
      const bytes = await readSlice(reader, entry.byteLength, entry, file);
      const target = heap.allocate(entry.byteLength);
      heap.u8(target, entry.byteLength).set(bytes);
      for (let stage = 0; stage < stages; stage++) {
        const indices = heap.i32(target + stage * n * 4, n);
        if (!isPermutation(indices)) {
          const expected = `each of 0 .. ${n - 1} once in stage ${stage}`;
          throw damaged(file, expected, "other indices", entry.name);
        }
      }
      permutations = target;
    },
  };

  return {
    scale,
    permutation,
    weights: () => {
      if (scales === undefined || permutations === undefined || shape === undefined) {
        throw new EngineError("A cascade layer was used before its weights arrived.");
      }
      return { stages: shape[0], n: shape[1], scales, permutations };
    },
  };
}

function isPermutation(indices: Int32Array): boolean {
  const seen = new Uint8Array(indices.length);
  for (const index of indices) seen[index] = 1; // writes outside the array are dropped
  return seen.every((flag) => flag === 1);
}
