import type { Kernels } from "../../src/kernels/kernels.ts";

/** The second moments of one layer's rotated inputs. */
export interface InputMoments {
  readonly width: number;
  /** Rows seen. */
  readonly rows: number;
  /** Sum of (H D x)(H D x)ᵀ: the lower triangle, row after row, F32 [width * (width + 1) / 2]. */
  readonly triangle: Float32Array;
}

/** L of damped moments A = L Lᵀ, its triangle as that of the moments. */
export type InputFactor = Pick<InputMoments, "width" | "triangle">;

/**
 * Added to the diagonal of the inputs' moments, as a part of its mean: what the calibration
 * recordings do not show must not be thought absent (Frantar et al., section 3.3). The fewer inputs
 * were seen for their width, the more: a decoder's layers see some hundred tokens a recording, an encoder's
 * 1500 positions a window (shrinkage; Ledoit and Wolf, 2004).
 */
const LEAST_DAMPING = 0.03;
const MOST_DAMPING = 1;

/** Columns that are factored at a time; the rest is a matrix product. */
const BLOCK = 64;

/** Cholesky's factor of the damped moments. */
export function factorMoments(
  kernels: Kernels,
  { width, rows, triangle }: InputMoments,
): InputFactor {
  const { heap } = kernels;
  const mark = heap.mark();
  const matrix = heap.allocateF32(width * width);
  const negated = heap.f32(matrix, width * width);
  let trace = 0;
  for (let i = 0; i < width; i++) trace += triangle[(i * (i + 3)) / 2]!;
  // A layer that saw only zeros has nothing to feed back: any diagonal will do.
  const share = Math.min(Math.max(width / rows, LEAST_DAMPING), MOST_DAMPING);
  const damping = (share * trace) / width || 1;
  for (let i = 0, from = 0; i < width; i++) {
    for (let j = 0; j <= i; j++, from++) negated[i * width + j] = -triangle[from]!;
    negated[i * width + i]! -= damping;
  }
  factorNegated(kernels, matrix, width, damping);
  const factor = new Float32Array(triangle.length);
  const lower = heap.f32(matrix, width * width);
  for (let i = 0, to = 0; i < width; to += ++i) {
    factor.set(lower.subarray(i * width, i * width + i + 1), to);
  }
  heap.release(mark);
  return { width, triangle: factor };
}

/**
 * Cholesky's factor of a symmetric positive definite matrix A = L Lᵀ, in blocks of columns, so that
 * nearly all of its n^3 / 6 multiplications are the kernels' (left-looking, as in Golub and Van Loan,
 * Matrix Computations, 4.2.9).
 *
 * @param matrix F32 [n, n], in: -A (its lower triangle), out: L in the lower triangle
 * @param leastPivot a lower bound of A's eigenvalues, which rounding must not undercut
 */
export function factorNegated(
  kernels: Kernels,
  matrix: number,
  n: number,
  leastPivot: number,
): void {
  const { heap } = kernels;
  const mark = heap.mark();
  const packed = heap.allocateF32(BLOCK * n);
  const at = (row: number, column: number) => matrix + (row * n + column) * 4;
  for (let first = 0; first < n; first += BLOCK) {
    const size = Math.min(BLOCK, n - first);
    if (first > 0) {
      kernels.packRowsF32(at(first, 0), size, first, n, packed);
      const [source, target] = [at(first, 0), at(first, first)];
      const rows = n - first;
      kernels.matmulRowsF32(source, n, packed, first * 8, 0, target, n, rows, first, size, true);
    }
    factorColumns(heap.f32(matrix, n * n), n, first, size, leastPivot);
  }
  heap.release(mark);
}

/** Columns first .. first + size - 1, from the products of all columns before them being done. */
function factorColumns(
  matrix: Float32Array,
  n: number,
  first: number,
  size: number,
  leastPivot: number,
): void {
  for (let i = first; i < n; i++) {
    const row = i * n;
    const last = Math.min(i, first + size - 1);
    for (let j = first; j <= last; j++) {
      let sum = -matrix[row + j]!;
      for (let k = first; k < j; k++) sum -= matrix[row + k]! * matrix[j * n + k]!;
      const isPivot = j === i;
      matrix[row + j] = isPivot ? Math.sqrt(Math.max(sum, leastPivot)) : sum / matrix[j * n + j]!;
    }
  }
}
