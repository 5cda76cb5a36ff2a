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

/** `before` as the kernels take it (assembly/input-step.ts). */
export function inputStep(before: Application["before"]): {
  step: number;
  normWeight: number;
  normBias: number;
} {
  if (before === undefined) return NO_STEP;
  if (before === "gelu") return GELU_STEP;
  return { step: 1, normWeight: before.weight, normBias: before.bias };
}

const NO_STEP = { step: 0, normWeight: 0, normBias: 0 };
const GELU_STEP = { step: 2, normWeight: 0, normBias: 0 };
