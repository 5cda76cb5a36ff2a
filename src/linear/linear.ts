import type { Kernels } from "../kernels/kernels.ts";

/** Scale and shift of a layer normalisation, F32 [width] each, in kernel memory. */
export interface LayerNorm {
  readonly weight: number;
  readonly bias: number;
}

/** What goes with a linear layer in one pass over its rows. */
export interface Application {
  /** Done to each input row first: a layer norm, or GELU. */
  readonly before?: LayerNorm | "gelu";
  /** Add to what the output holds. Default: replace it. */
  readonly accumulate?: boolean;
  /** float32 from one output row to the next; default the output width. */
  readonly stride?: number;
}

/**
 * A layer y = W x + b with its weights in kernel memory. All kinds (dense, rotated, cascade) take
 * rows of float32 and give rows of float32.
 */
export interface Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  /**
   * output[r] = (accumulate ? output[r] : 0) + W before(input[r]) + b.
   * input: F32 [rows, inputWidth], contiguous; output: F32 [rows, outputWidth], not overlapping.
   */
  apply(input: number, rows: number, output: number, application?: Application): void;
}

/** A linear layer whose matrix can be read row by row: dense and rotated ones. */
export interface Matrix extends Linear {
  /** Writes row `index` of W, F32 [inputWidth]. */
  readRow(index: number, target: number): void;
}

/** `before` as the kernels take it (assembly/linear/input-step.ts). */
export function inputStep(before: Application["before"]): {
  step: number;
  normWeight: number;
  normBias: number;
} {
  if (before === undefined) return NO_STEP;
  if (before === "gelu") return GELU_STEP;
  return { step: 1, normWeight: before.weight, normBias: before.bias };
}

/** Steps of assembly/linear/input-step.ts. */
const NO_STEP = { step: 0, normWeight: 0, normBias: 0 };
const GELU_STEP = { step: 2, normWeight: 0, normBias: 0 };

/**
 * before(input), F32 [rows, width] like the input: on top of the heap, or, where nothing comes before,
 * the input itself.
 */
export function prepareInput(
  { heap, inputStepRowsF32 }: Kernels,
  before: Application["before"],
  input: number,
  rows: number,
  width: number,
): number {
  if (before === undefined) return input;
  const { step, normWeight, normBias } = inputStep(before);
  const prepared = heap.allocateF32(rows * width);
  inputStepRowsF32(step, normWeight, normBias, input, rows, width, prepared);
  return prepared;
}

/** Layers of one input side by side: their outputs follow each other in every output row. */
export function joinLinears(parts: readonly Linear[]): Linear {
  const outputWidth = parts.reduce((sum, part) => sum + part.outputWidth, 0);
  return {
    inputWidth: parts[0]!.inputWidth,
    outputWidth,
    apply(input, rows, output, application = {}) {
      const stride = application.stride ?? outputWidth;
      let target = output;
      for (const part of parts) {
        part.apply(input, rows, target, { ...application, stride });
        target += part.outputWidth * 4;
      }
    },
  };
}

/**
 * Sees the input of linear layers before their product. `layers`: names in the checkpoint without
 * "model.", all that share this input. input: F32 [rows, inputWidth] in kernel memory, after the
 * layer norm or GELU, valid during the call; memory taken meanwhile is to be given back.
 */
export type LinearObserver = (layers: readonly string[], input: number, rows: number) => void;

/** A linear layer that shows its input to an observer. */
export function observeLinear(
  kernels: Kernels,
  linear: Linear,
  layers: readonly string[],
  observe: LinearObserver,
): Linear {
  const { inputWidth, outputWidth } = linear;
  return {
    inputWidth,
    outputWidth,
    apply(input, rows, output, { before, ...product } = {}) {
      const mark = kernels.heap.mark();
      const prepared = prepareInput(kernels, before, input, rows, inputWidth);
      observe(layers, prepared, rows);
      linear.apply(prepared, rows, output, product);
      kernels.heap.release(mark);
    },
  };
}
