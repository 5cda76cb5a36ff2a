// How linear layers are cut into tiles: many rows by rows, few by panels of 8 outputs.

/** Rows of a tile, a multiple of what the matrix products take at a time. */
export const TILE_ROWS: usize = 60;
/** Fewer rows than this are shared out by panels. */
export const MANY_ROWS: usize = 24;
/** Weights of a tile of panels: waking a thread costs what reading some hundred kilobytes does. */
const TILE_WEIGHT_BYTES: usize = 131072;

/** Panels of a tile. */
// @ts-ignore: decorator
@inline
export function tilePanels(panelBytes: usize): usize {
  return max<usize>(1, TILE_WEIGHT_BYTES / panelBytes);
}
