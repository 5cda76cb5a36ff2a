import { ModelError } from "../errors.ts";
import type { Logits } from "./window-decoder.ts";

/**
 * logSumExp of all logits.
 *
 * @throws ModelError when they are NaN or infinite
 */
export function logTotal(logits: Logits): number {
  return checkTotal(logits.logSumExp());
}

/** @throws ModelError for a logSumExp that is NaN or infinite */
export function checkTotal(total: number): number {
  if (Number.isFinite(total)) return total;
  throw new ModelError(
    `The decoder's logits: expected finite numbers, found a total of ${total}. The model's weights are damaged or do not fit its config.`,
    { expected: "finite numbers", found: total },
  );
}
