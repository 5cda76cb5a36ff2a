import type { Segment, Transcript, Word } from "../results.ts";

/**
 * JSON in the shape, and byte for byte the spelling, of openai/whisper's result (WriteJSON of
 * whisper/utils.py: Python's json.dump). Its text is that of the segments as they stand: unlike
 * `Transcript.text` it keeps the space that whisper begins with. What a segment does not know
 * (`seek`, `temperature`, `compressionRatio`, `words`) is left out.
 */
export function toJSON({ segments, language }: Pick<Transcript, "segments" | "language">): string {
  return object([
    ["text", string(segments.map(({ text }) => text).join(""))],
    ["segments", array(segments.map(segmentJSON))],
    ["language", language === null ? "null" : string(language)],
  ]);
}

function segmentJSON(segment: Segment): string {
  return object([
    ["id", String(segment.id)],
    ["seek", optional(segment.seek, String)],
    ["start", float(segment.start)],
    ["end", float(segment.end)],
    ["text", string(segment.text)],
    ["tokens", array(segment.tokens.map(String))],
    ["temperature", optional(segment.temperature, float)],
    ["avg_logprob", float(segment.avgLogProb)],
    ["compression_ratio", optional(segment.compressionRatio, float)],
    ["no_speech_prob", float(segment.noSpeechProb)],
    ["words", optional(segment.words, (words) => array(words.map(wordJSON)))],
  ]);
}

function wordJSON({ word, start, end, probability }: Word): string {
  return object([
    ["word", string(word)],
    ["start", float(start)],
    ["end", float(end)],
    ["probability", float(probability)],
  ]);
}

function optional<T>(value: T | undefined, write: (value: T) => string): string | undefined {
  return value === undefined ? undefined : write(value);
}

/** Fields without a value are left out. */
function object(fields: readonly (readonly [name: string, json: string | undefined])[]): string {
  const known = fields.filter(([, json]) => json !== undefined);
  return `{${known.map(([name, json]) => `"${name}": ${json}`).join(", ")}}`;
}

function array(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}

/** All but printable ASCII is escaped, by UTF-16 units. */
function string(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * As Python's repr: whole numbers end in ".0", and exponents begin below 1e-4 and at 1e16. What is
 * no number has no JSON; it becomes null.
 */
function float(value: number): string {
  if (!Number.isFinite(value)) return "null";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
