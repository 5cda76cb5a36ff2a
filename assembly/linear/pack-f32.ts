// The right-hand side of the float32 matrix product (matmul-f32.ts), packed once in panels of 8 outputs:
// [ceil(rows / 8)][inner][8], zeros where rows run out. The innermost loop so reads one sequential
// stream whether it multiplies 1500 rows (encoder) or one (a decoder step).

/** Outputs of a panel. */
export const PANEL: usize = 8;

/**
 * Packs rows: the matrix W [rows, inner] whose row r becomes output r, panels written from `target`.
 * Weights of a linear layer, or the keys of one attention head.
 * `rowStride`: float32 between two rows of `source`.
 */
export function packRowsF32(
  source: usize,
  rows: usize,
  inner: usize,
  rowStride: usize,
  target: usize,
): void {
  for (let first: usize = 0; first < rows; first += PANEL) {
    const panel = target + ((first * inner) << 2);
    for (let lane: usize = 0; lane < PANEL; lane++) {
      const row = first + lane;
      let to = panel + (lane << 2);
      const end = to + ((inner * PANEL) << 2);
      if (row < rows) {
        let from = source + ((row * rowStride) << 2);
        for (; to < end; to += PANEL << 2, from += 4) store<f32>(to, load<f32>(from));
      } else {
        for (; to < end; to += PANEL << 2) store<f32>(to, 0);
      }
    }
  }
}
