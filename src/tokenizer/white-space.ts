/**
 * What Python's str.strip takes off: Unicode's White_Space and the four separators U+001C..U+001F,
 * which Whisper's vocabulary has tokens for. JavaScript's trim takes off U+FEFF too, but neither
 * those four nor U+0085.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators are meant
const edges = /^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu;

/** Text without the white space around it, as the reference strips it. */
export function stripSpace(text: string): string {
  return text.replace(edges, "");
}
