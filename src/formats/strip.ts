/** What Python's str.isspace() takes for white space (JavaScript's \s differs in six characters). */
export const whiteSpace = "[\\p{White_Space}\\u001c-\\u001f]";

const edges = new RegExp(`^${whiteSpace}+|${whiteSpace}+$`, "gu");

/** Text without the white space at its ends, as Python's str.strip(). */
export function strip(text: string): string {
  return text.replace(edges, "");
}
