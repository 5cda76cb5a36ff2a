import { alignmentCosts, errorWeight } from "./alignment.ts";

/** How a hypothesis differs from its reference when the two are aligned with fewest errors. */
export interface ErrorCounts {
  /** Units that are right. */
  readonly hits: number;
  readonly substitutions: number;
  /** Units of the reference that the hypothesis lacks. */
  readonly deletions: number;
  /** Units of the hypothesis that the reference lacks. */
  readonly insertions: number;
}

/**
 * Aligns two sequences of units (words, characters, digits: the caller cuts them) by Levenshtein
 * distance. Of several alignments with fewest errors it counts one with the most hits, which makes
 * the counts unique. O(reference x hypothesis) time. `alignUnits` gives such an alignment itself.
 */
export function countErrors<Unit>(
  reference: readonly Unit[],
  hypothesis: readonly Unit[],
): ErrorCounts {
  const [rows, columns] = [reference.length, hypothesis.length];
  const weight = errorWeight(rows, columns);
  const cost = alignmentCosts(reference, hypothesis, weight)[columns]!;
  const substitutions = cost % weight;
  const gaps = Math.floor(cost / weight) - substitutions;
  // Deletions and insertions add up to the gaps and differ as the lengths do.
  const deletions = (gaps + rows - columns) / 2;
  const hits = rows - substitutions - deletions;
  return { hits, substitutions, deletions, insertions: gaps - deletions };
}

/** The counts of a corpus: a rate of these sums weighs every unit alike, a mean of rates does not. */
export function totalErrors(recordings: Iterable<ErrorCounts>): ErrorCounts {
  const total = { hits: 0, substitutions: 0, deletions: 0, insertions: 0 };
  for (const counts of recordings) {
    total.hits += counts.hits;
    total.substitutions += counts.substitutions;
    total.deletions += counts.deletions;
    total.insertions += counts.insertions;
  }
  return total;
}

/** Units of the reference. */
export function referenceLength({ hits, substitutions, deletions }: ErrorCounts): number {
  return hits + substitutions + deletions;
}

/**
 * Errors over units of the reference, from 0; above 1 where insertions abound, Infinity for
 * insertions into an empty reference, 0 for an empty hypothesis of it.
 */
export function errorRate(counts: ErrorCounts): number {
  const errors = counts.substitutions + counts.deletions + counts.insertions;
  return errors === 0 ? 0 : errors / referenceLength(counts);
}

/** Word error rate of one text. Words are what white space parts; nothing is normalised. */
export function wordErrorRate(reference: string, hypothesis: string): number {
  return errorRate(countErrors(splitWords(reference), splitWords(hypothesis)));
}

/** Character error rate of one text, over Unicode code points, spaces included. */
export function characterErrorRate(reference: string, hypothesis: string): number {
  return errorRate(countErrors(Array.from(reference), Array.from(hypothesis)));
}

/** The words of a text, in order. */
export function splitWords(text: string): string[] {
  return text.match(/\P{White_Space}+/gu) ?? [];
}
