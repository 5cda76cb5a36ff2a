import { expect, it } from "vitest";
import { splitPieces } from "../../src/tokenizer/split-pieces.ts";

it.each<[string, string[]]>([
  ["", []],
  ["I'll say it's 42!", ["I", "'ll", " say", " it", "'s", " 42", "!"]],
  ["I'LL", ["I", "'", "LL"]],
  ["a   b", ["a", "  ", " b"]],
  ["a  ", ["a", "  "]],
  ["a\n\nb", ["a", "\n", "\n", "b"]],
  ["a\u0085b", ["a", "\u0085", "b"]], // White_Space, though not to JavaScript's \s
  ["a \u0085!", ["a", " ", "\u0085", "!"]],
  ["a \ufeffb", ["a", " \ufeff", "b"]], // the reverse: a symbol, which takes the space before it
  [" \ud800x", [" \ud800", "x"]], // half a surrogate pair
])("cuts %j into %j", (text, pieces) => {
  expect(splitPieces(text)).toEqual(pieces);
  expect(splitPieces(text).join("")).toBe(text);
});
