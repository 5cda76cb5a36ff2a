/**
 * Median of the `width` (odd) values around each of row[from, from + length), added to what is in
 * `sums` at the same places. Beyond its ends the row is reflected, the end value itself not
 * repeated; a row too short for that stays as it is (whisper/timing.py, median_filter).
 */
export function addMedians(
  row: Float64Array,
  from: number,
  length: number,
  width: number,
  sums: Float64Array,
  to: number,
): void {
  const radius = width >> 1;
  if (length <= radius) {
    for (let i = 0; i < length; i++) sums[to + i]! += row[from + i]!;
    return;
  }
  const padded = reflect(row, from, length, radius);
  const sorted = padded.slice(0, width).sort();
  sums[to]! += sorted[radius]!;
  for (let i = 1; i < length; i++) {
    replace(sorted, padded[i - 1]!, padded[i - 1 + width]!);
    sums[to + i]! += sorted[radius]!;
  }
}

/** The row with `radius` values more at either end. */
function reflect(row: Float64Array, from: number, length: number, radius: number): Float64Array {
  const padded = new Float64Array(length + 2 * radius);
  padded.set(row.subarray(from, from + length), radius);
  const last = radius + length - 1;
  for (let i = 1; i <= radius; i++) {
    padded[radius - i] = padded[radius + i]!;
    padded[last + i] = padded[last - i]!;
  }
  return padded;
}

/** Takes one value out of a sorted window and puts another in. */
function replace(sorted: Float64Array, outgoing: number, incoming: number): void {
  const last = sorted.length - 1;
  let at = 0;
  while (at < last && sorted[at] !== outgoing) at++;
  for (; at > 0 && sorted[at - 1]! > incoming; at--) sorted[at] = sorted[at - 1]!;
  for (; at < last && sorted[at + 1]! < incoming; at++) sorted[at] = sorted[at + 1]!;
  sorted[at] = incoming;
}
