/**
 * GPT-2's pre-tokenizer (github.com/openai/gpt-2, src/encoder.py): merges never cross the borders
 * of these pieces. Its \s is Unicode's White_Space, which differs from JavaScript's \s: that has
 * U+FEFF and lacks U+0085.
 */
const piece = new RegExp(
  [
    "'(?:[stmd]|re|ve|ll)", // English contractions, lower case only
    " ?\\p{L}+",
    " ?\\p{N}+",
    " ?[^\\p{White_Space}\\p{L}\\p{N}]+",
    "\\p{White_Space}+(?!\\P{White_Space})", // all spaces of a run but the one that leads a word
    "\\p{White_Space}+",
  ].join("|"),
  "gu",
);

/** Cuts text into pieces; joined they are the text again. */
export function splitPieces(text: string): string[] {
  return text.match(piece) ?? [];
}
