/** One step of an alignment: a unit that is right, wrong, missing, or too many. */
export type AlignmentStep<Unit> =
  | { readonly kind: "hit" | "substitution"; readonly reference: Unit; readonly hypothesis: Unit }
  | { readonly kind: "deletion"; readonly reference: Unit }
  | { readonly kind: "insertion"; readonly hypothesis: Unit };

/**
 * Aligns two sequences of units (words, characters, digits: the caller cuts them) with fewest
 * errors, and of these alignments one with most hits; `countErrors` gives its counts. Hirschberg's
 * divide and conquer: O(reference x hypothesis) time, O(reference + hypothesis) memory, so that an
 * hour's characters can be aligned.
 */
export function alignUnits<Unit>(
  reference: readonly Unit[],
  hypothesis: readonly Unit[],
): AlignmentStep<Unit>[] {
  const weight = errorWeight(reference.length, hypothesis.length);
  const steps: AlignmentStep<Unit>[] = [];
  const align = (reference: readonly Unit[], hypothesis: readonly Unit[]): void => {
    if (reference.length === 0) {
      for (const unit of hypothesis) steps.push({ kind: "insertion", hypothesis: unit });
    } else if (reference.length === 1) {
      alignOne(reference[0]!, hypothesis, steps);
    } else {
      const half = reference.length >> 1;
      const cut = cheapestCut(reference, half, hypothesis, weight);
      align(reference.slice(0, half), hypothesis.slice(0, cut));
      align(reference.slice(half), hypothesis.slice(cut));
    }
  };
  align(reference, hypothesis);
  return steps;
}

/** Where to cut the hypothesis so that its halves cost least against those of the reference. */
function cheapestCut<Unit>(
  reference: readonly Unit[],
  half: number,
  hypothesis: readonly Unit[],
  weight: number,
): number {
  const before = alignmentCosts(reference.slice(0, half), hypothesis, weight);
  const after = alignmentCosts(
    reference.slice(half).reverse(),
    hypothesis.toReversed(),
    weight,
  ).reverse();
  const totals = before.map((cost, i) => cost + after[i]!);
  return totals.indexOf(totals.reduce((least, cost) => Math.min(least, cost)));
}

/** A single unit against a hypothesis: it is one of its units, or replaces the first. */
function alignOne<Unit>(
  unit: Unit,
  hypothesis: readonly Unit[],
  steps: AlignmentStep<Unit>[],
): void {
  if (hypothesis.length === 0) steps.push({ kind: "deletion", reference: unit });
  const match = Math.max(hypothesis.indexOf(unit), 0);
  for (const [i, found] of hypothesis.entries()) {
    if (i !== match) steps.push({ kind: "insertion", hypothesis: found });
    else {
      const kind = found === unit ? "hit" : "substitution";
      steps.push({ kind, reference: unit, hypothesis: found });
    }
  }
}

/**
 * What an error costs in `alignmentCosts`: more than all substitutions together, so that a cost is
 * errors * weight + substitutions: fewest errors first, then fewest substitutions, thus most hits.
 */
export function errorWeight(referenceLength: number, hypothesisLength: number): number {
  return Math.max(referenceLength, hypothesisLength) + 1;
}

/**
 * The least cost of aligning the whole reference with each beginning of the hypothesis, from the
 * empty one to all of it (Levenshtein, a row at a time).
 */
export function alignmentCosts<Unit>(
  reference: readonly Unit[],
  hypothesis: readonly Unit[],
  weight: number,
): Float64Array {
  const columns = hypothesis.length;
  const costs = Float64Array.from({ length: columns + 1 }, (_, column) => column * weight);
  for (let row = 1; row <= reference.length; row++) {
    let diagonal = costs[0]!;
    costs[0] = row * weight;
    for (let column = 1; column <= columns; column++) {
      const differs = reference[row - 1] !== hypothesis[column - 1];
      const straight = diagonal + (differs ? weight + 1 : 0);
      diagonal = costs[column]!;
      costs[column] = Math.min(straight, diagonal + weight, costs[column - 1]! + weight);
    }
  }
  return costs;
}
