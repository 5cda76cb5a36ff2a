// The few largest of many values: what a beam search takes of a row of logits.

/**
 * Writes where the `most` largest of values[0, count) are, as U32, the largest first and the first
 * of equals first. What is no number, or -Infinity, is passed over.
 * @returns how many there are
 */
export function largestF32(values: usize, count: usize, most: usize, indices: usize): usize {
  const end = values + (count << 2);
  const end16 = values + ((count & ~15) << 2);
  let found: usize = 0;
  let least: f32 = -Infinity;
  for (let p = values; p < end; ) {
    let blockEnd = p + 4;
    if (p < end16) {
      blockEnd = p + 64;
      const bound = f32x4.splat(least);
      const low = v128.or(f32x4.gt(v128.load(p), bound), f32x4.gt(v128.load(p, 16), bound));
      const high = v128.or(
        f32x4.gt(v128.load(p, 32), bound),
        f32x4.gt(v128.load(p, 48), bound),
      );
      if (!v128.any_true(v128.or(low, high))) {
        p = blockEnd;
        continue;
      }
    }
    for (; p < blockEnd; p += 4) {
      const value = load<f32>(p);
      if (!(value > least)) continue;
      if (found < most) found++;
      insert(values, (p - values) >> 2, value, indices, found - 1);
      if (found == most) least = load<f32>(values + (load<u32>(indices + ((most - 1) << 2)) << 2));
    }
  }
  return found;
}

/** Moves what is smaller one place on, over the one at `last`. */
function insert(values: usize, index: usize, value: f32, indices: usize, last: usize): void {
  let place = indices + (last << 2);
  for (; place > indices; place -= 4) {
    const before = load<u32>(place - 4);
    if (load<f32>(values + (before << 2)) >= value) break;
    store<u32>(place, before);
  }
  store<u32>(place, <u32>index);
}
