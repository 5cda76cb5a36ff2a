/**
 * Seconds as [hh:]mm:ss.mmm, like format_timestamp of whisper/utils.py.
 *
 * @param style.alwaysHours write "00:" for the first hour
 */
export function formatTimestamp(
  seconds: number,
  { alwaysHours, decimalMarker }: { alwaysHours: boolean; decimalMarker: "." | "," },
): string {
  const total = milliseconds(seconds);
  const hours = Math.floor(total / 3_600_000);
  const parts = [Math.floor(total / 60_000) % 60, Math.floor(total / 1000) % 60];
  if (alwaysHours || hours > 0) parts.unshift(hours);
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock}${decimalMarker}${String(total % 1000).padStart(3, "0")}`;
}

/** Seconds to whole milliseconds; halves go to the even neighbour, as Python rounds. */
export function milliseconds(seconds: number): number {
  const exact = seconds * 1000;
  const below = Math.floor(exact);
  if (exact - below !== 0.5) return Math.round(exact);
  return below % 2 === 0 ? below : below + 1;
}
