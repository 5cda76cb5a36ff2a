/** The cheapest way through a matrix of costs: a row and a column for each step, from corner to corner. */
export interface WarpingPath {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

const DIAGONAL = 0;
const DOWN = 1;
const RIGHT = 2;

/**
 * Dynamic time warping of costs [rows, columns], row-major, at least one of each. Steps go to the
 * next row, the next column, or both; down or both only where that is strictly cheaper than the two
 * others (whisper/timing.py, dtw_cpu and backtrace; its costs are float64).
 */
export function warp(costs: Float64Array, rows: number, columns: number): WarpingPath {
  return trace(steps(costs, rows, columns), rows, columns);
}

/** How each cell is best reached. */
function steps(costs: Float64Array, rows: number, columns: number): Uint8Array {
  const taken = new Uint8Array(rows * columns);
  // Sums of the row above and of this row, with a border before the first column.
  let above = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
  let here = new Float64Array(columns + 1);
  above[0] = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    here[0] = Number.POSITIVE_INFINITY;
    for (let column = 0; column < columns; column++, at++) {
      const diagonal = above[column]!;
      const down = above[column + 1]!;
      const right = here[column]!;
      let least = right;
      let step = RIGHT;
      if (diagonal < down && diagonal < right) {
        least = diagonal;
        step = DIAGONAL;
      } else if (down < diagonal && down < right) {
        least = down;
        step = DOWN;
      }
      here[column + 1] = costs[at]! + least;
      taken[at] = step;
    }
    [above, here] = [here, above];
  }
  return taken;
}

/** Goes back from the last cell to the first; along the borders there is one way only. */
function trace(taken: Uint8Array, rows: number, columns: number): WarpingPath {
  const path: [row: number, column: number][] = [];
  let row = rows - 1;
  let column = columns - 1;
  for (;;) {
    path.push([row, column]);
    if (row === 0 && column === 0) break;
    const step = row === 0 ? RIGHT : column === 0 ? DOWN : taken[row * columns + column]!;
    if (step !== RIGHT) row--;
    if (step !== DOWN) column--;
  }
  path.reverse();
  return {
    rows: Int32Array.from(path, ([row]) => row),
    columns: Int32Array.from(path, ([, column]) => column),
  };
}
