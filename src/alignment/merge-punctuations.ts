import { decodingOptions } from "../options/option-table.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import type { WordTiming } from "./find-alignment.ts";

/**
 * Gives punctuation to the words it belongs to, text and tokens; times and probabilities of words
 * stay. What has been given away stays in its place, empty (whisper/timing.py, merge_punctuations).
 *
 * @param prepended belongs to the next word where a space is before it
 * @param appended belongs to the word before it
 */
export function mergePunctuations(
  words: readonly WordTiming[],
  prepended: string = decodingOptions.prependPunctuations.default,
  appended: string = decodingOptions.appendPunctuations.default,
): WordTiming[] {
  const merged = [...words];
  let following = merged.length - 1;
  for (let i = merged.length - 2; i >= 0; i--) {
    const { word } = merged[i]!;
    if (word.startsWith(" ") && prepended.includes(stripSpace(word))) {
      merged[following] = join(merged[i]!, merged[following]!, merged[following]!);
      merged[i] = emptied(merged[i]!);
    } else {
      following = i;
    }
  }
  let previous = 0;
  for (let i = 1; i < merged.length; i++) {
    const { word } = merged[i]!;
    if (!merged[previous]!.word.endsWith(" ") && appended.includes(word)) {
      merged[previous] = join(merged[previous]!, merged[i]!, merged[previous]!);
      merged[i] = emptied(merged[i]!);
    } else {
      previous = i;
    }
  }
  return merged;
}

/** Text and tokens of both; time and probability of `kept`. */
function join(left: WordTiming, right: WordTiming, kept: WordTiming): WordTiming {
  return { ...kept, word: left.word + right.word, tokens: [...left.tokens, ...right.tokens] };
}

function emptied(word: WordTiming): WordTiming {
  return { ...word, word: "", tokens: [] };
}
