import type { Kernels } from "../../src/kernels/kernels.ts";

/** Columns that are factored at a time; the rest is a matrix product. */
const BLOCK = 64;

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
