/**
 * What Python's str.isspace() takes for white space: Unicode's White_Space and the four separators
 * U+001C..U+001F, which Whisper's vocabulary has tokens for. JavaScript's \s and trim take U+FEFF
 * too, but neither those four nor U+0085. For regular expressions with the flag u.
 */
export const whiteSpace = "[\\p{White_Space}\\u001c-\\u001f]";

const edges = new RegExp(`^${whiteSpace}+|${whiteSpace}+$`, "gu");

/** Text without the white space around it, as Python's str.strip(). */
export function stripSpace(text: string): string {
  return text.replace(edges, "");
}
