// How many rows a tile of a matrix product has: types that are never made, so that each count has a loop
// of its own in which it is a constant.

export class TwoRows {
  @inline get count(): usize {
    return 2;
  }
}

export class ThreeRows {
  @inline get count(): usize {
    return 3;
  }
}

export class FourRows {
  @inline get count(): usize {
    return 4;
  }
}

export class FiveRows {
  @inline get count(): usize {
    return 5;
  }
}

export class SixRows {
  @inline get count(): usize {
    return 6;
  }
}

// @ts-ignore: decorator
@inline
export function rowCount<Rows>(): usize {
  return changetype<Rows>(0).count;
}

/**
 * How many of `rows` the next tile takes, 1 .. `most`: the last two share what is left between them,
 * since a tile reads its panel once, however few its rows are.
 */
// @ts-ignore: decorator
@inline
export function nextTileRows(rows: usize, most: usize): usize {
  if (rows <= most) return rows;
  return rows >= 2 * most ? most : (rows + 1) >> 1;
}
