import type { Kernels } from "../../src/kernels/kernels.ts";
import { INT4_GROUP } from "../../src/linear/rotated-storage.ts";
import type { InputFactor } from "./triangular-factor.ts";

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

/** R = Lᵀ, cut into blocks, the last block first. They lie on the heap. */
export function prepareBlocks(kernels: Kernels, { width, triangle }: InputFactor): FeedbackBlock[] {
  const { heap } = kernels;
  const lower = (row: number, column: number) => triangle[(row * (row + 1)) / 2 + column]!;
  const blocks: FeedbackBlock[] = [];
  for (let first = 0; first < width; first += INT4_GROUP) {
    const size = Math.min(INT4_GROUP, width - first);
    const behind = first + size;
    const inner = width - behind;
    const panels = heap.allocateF32(INT4_GROUP * (width - first));
    const mark = heap.mark();
    const columns = heap.allocateF32(size * inner);
    const target = heap.f32(columns, size * inner);
    const pivots = Float32Array.from({ length: size }, (_, j) => lower(first + j, first + j));
    const feedback = new Float32Array(size * size);
    for (const [j, pivot] of pivots.entries()) {
      for (let k = j + 1; k < size; k++) {
        feedback[j * size + k] = lower(first + k, first + j) / pivot;
      }
      for (let k = 0; k < inner; k++) {
        target[j * inner + k] = lower(behind + k, first + j) / pivot;
      }
    }
    if (inner > 0) kernels.packRowsF32(columns, size, inner, inner, panels);
    heap.release(mark);
    blocks.push({ first, size, panels, feedback, pivots });
  }
  return blocks.reverse();
}
