const longest = 60;

/** A value as error messages show what was found: JSON of at most 60 characters; undefined is "nothing". */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  // JSON has no NaN, no Infinity and no big integers.
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const json = toJson(value) ?? typeof value;
  return json.length <= longest ? json : `${json.slice(0, longest - 3)}...`;
}

/** undefined for what JSON cannot say: functions, symbols, cycles. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
