/**
 * What \s, \w and \d mean in a regular expression of Python, where the reference's rules come from:
 * Unicode's classes, not JavaScript's. For expressions with the flag u.
 */
import { whiteSpace as space } from "../tokenizer/white-space.ts";

export { space };
/** Letters and numbers, but no marks. */
export const wordCharacter = "[\\p{L}\\p{N}_]";
export const digit = "\\p{Nd}";

/** \b before or after something that is itself a word character. */
export const wordBegins = `(?<!${wordCharacter})`;
export const wordEnds = `(?!${wordCharacter})`;

const spaces = new RegExp(`${space}+`, "gu");

/** Runs of white space as one space. */
export function joinSpaces(text: string): string {
  return text.replace(spaces, " ");
}

/** The words between white space, as Python's str.split(). */
export function splitAtSpaces(text: string): string[] {
  return text.split(spaces).filter((word) => word !== "");
}
