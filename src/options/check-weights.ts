import { describeValue } from "../describe-value.ts";
import { OptionError } from "../errors.ts";
import type { WeightsKind } from "./options.ts";

const kinds: readonly (WeightsKind | undefined)[] = ["f32", "int8", "int4", undefined];

/** @throws OptionError for a kind of weights that there is not */
export function checkWeights(asked: WeightsKind | undefined): void {
  if (kinds.includes(asked)) return;
  const expected = '"f32", "int8" or "int4"';
  const found = describeValue(asked);
  throw new OptionError(`weights: expected ${expected}; found ${found}.`, { expected, found });
}
