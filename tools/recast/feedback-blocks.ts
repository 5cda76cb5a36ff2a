import type { Kernels } from "../../src/kernels/kernels.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";
import type { InputMoments } from "./input-statistics.ts";
import { factorNegated } from "./triangular-factor.ts";

/**
 * Added to the diagonal of the inputs' moments, as a part of its mean: what the calibration
 * recordings do not show must not be thought absent (Frantar et al., section 3.3). The fewer inputs
 * were seen for their width, the more: a decoder's layers see some hundred tokens a recording, an encoder's
 * 1500 positions a window (shrinkage; Ledoit and Wolf, 2004).
 */
const LEAST_DAMPING = 0.03;
const MOST_DAMPING = 1;

/** Up to 32 neighbouring weights of every row: those of one int4 scale. */
export interface FeedbackBlock {
  readonly first: number;
  readonly size: number;
  /** R_jk / R_jj of the block's j and all k behind the block, as packRowsF32 panels. */
  readonly panels: number;
  /** The same within the block, [size, size]; only k > j is set. */
  readonly feedback: Float32Array;
  /** R_jj. */
  readonly pivots: Float32Array;
}

/** R of the damped moments, cut into blocks, the last block first. */
export function prepareBlocks(
  kernels: Kernels,
  { width, rows, triangle }: InputMoments,
): FeedbackBlock[] {
  const { heap } = kernels;
  const firsts = Array.from({ length: Math.ceil(width / INT4_GROUP) }, (_, i) => i * INT4_GROUP);
  const sizeOf = (first: number) => Math.min(INT4_GROUP, width - first);
  const panels = firsts.map((first) => heap.allocateF32(INT4_GROUP * (width - first)));
  const mark = heap.mark();
  const matrix = heap.allocateF32(width * width);
  const factor = heap.f32(matrix, width * width);

  let trace = 0;
  for (let i = 0; i < width; i++) trace += triangle[(i * (i + 3)) / 2]!;
  // A layer that saw only zeros has nothing to feed back: any diagonal will do.
  const share = Math.min(Math.max(width / rows, LEAST_DAMPING), MOST_DAMPING);
  const damping = (share * trace) / width || 1;
  for (let i = 0, from = 0; i < width; i++) {
    for (let j = 0; j <= i; j++, from++) factor[i * width + j] = -triangle[from]!;
    factor[i * width + i]! -= damping;
  }
  factorNegated(kernels, matrix, width, damping);

  const blocks = firsts.map((first, index) => {
    const size = sizeOf(first);
    const behind = first + size;
    const pivots = new Float32Array(size);
    const feedback = new Float32Array(size * size);
    const columns = heap.allocateF32(size * (width - behind));
    // Views after the allocation, which may have moved the memory.
    const lower = heap.f32(matrix, width * width);
    const target = heap.f32(columns, size * (width - behind));
    for (let j = 0; j < size; j++) {
      const pivot = lower[(first + j) * width + first + j]!;
      pivots[j] = pivot;
      for (let k = j + 1; k < size; k++) {
        feedback[j * size + k] = lower[(first + k) * width + first + j]! / pivot;
      }
      for (let k = behind; k < width; k++) {
        target[j * (width - behind) + k - behind] = lower[k * width + first + j]! / pivot;
      }
    }
    const inner = width - behind;
    if (inner > 0) kernels.packRowsF32(columns, size, inner, inner, panels[index]!);
    return { first, size, panels: panels[index]!, feedback, pivots };
  });
  heap.release(mark);
  return blocks.reverse();
}
