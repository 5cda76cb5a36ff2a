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
  const last = length - 1;
  const at = (i: number) => row[from + (i < 0 ? -i : i > last ? 2 * last - i : i)]!;
  const sorted = new Float64Array(width);
  for (let k = 0; k < width; k++) sorted[k] = at(k - radius);
  sorted.sort();
  sums[to]! += sorted[radius]!;
  for (let i = 1; i < length; i++) {
    replace(sorted, at(i - radius - 1), at(i + radius));
    sums[to + i]! += sorted[radius]!;
  }
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
