// Copies positions from one int8 cache to another (key-values-int8.ts): a hypothesis of a beam takes
// over what another remembers.

import { KeyValuesInt8 } from "./key-values-int8";

/**
 * Copies positions [from, to) of all heads between caches of one shape. What both hold before `from`
 * is equal, so that panels which begin before it may be copied whole, and so may what was taken off
 * all positions.
 */
export function copyKeysValuesInt8(
  source: KeyValuesInt8,
  target: KeyValuesInt8,
  from: usize,
  to: usize,
): void {
  const depth = source.depth;
  const panels = source.width >> 3;
  const panelBytes = source.capacity << 3;
  const meanBytes = source.width << 3;
  const firstKey = (from & ~7) * depth;
  const keyBytes = ((to + 7) & ~7) * depth - firstKey;
  const firstValue = (from & ~3) << 3;
  const valueBytes = (((to + 3) & ~3) << 3) - firstValue;
  const offset = from << 2;
  const bytes = (to - from) << 2;
  for (let head: usize = 0; head < source.heads; head++) {
    memory.copy(target.keys(head) + firstKey, source.keys(head) + firstKey, keyBytes);
    memory.copy(target.keyScales(head) + offset, source.keyScales(head) + offset, bytes);
    memory.copy(target.keySums(head) + offset, source.keySums(head) + offset, bytes);
    memory.copy(target.valueLogs(head) + offset, source.valueLogs(head) + offset, bytes);
    const inverses = target.valueInverses(head);
    memory.copy(inverses + offset, source.valueInverses(head) + offset, bytes);
    memory.fill(inverses + (to << 2), 0, (((to + 15) & ~15) - to) << 2);
    memory.copy(target.keyMean(head), source.keyMean(head), meanBytes);
    for (let panel: usize = 0; panel < panels; panel++) {
      const at = panel * panelBytes + firstValue;
      memory.copy(target.values(head) + at, source.values(head) + at, valueBytes);
    }
  }
}
