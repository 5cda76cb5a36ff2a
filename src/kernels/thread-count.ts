import { checkOption } from "../options/check-options.ts";
import { loadOptions } from "../options/option-table.ts";

const MOST = 8;

/**
 * How many threads to use, this one included.
 *
 * @param asked option `threads`; more than there are processors is capped: they would only take
 *   turns. undefined: all processors of a small machine, half of a larger one, at most 8. Platforms
 *   tell logical processors; beyond four, two of them mostly share the multipliers of one core.
 * @throws OptionError for what is no whole number from 1
 */
export function chooseThreadCount(asked: number | undefined, processors: number): number {
  if (asked === undefined) {
    return Math.max(1, Math.min(processors <= 4 ? processors : Math.ceil(processors / 2), MOST));
  }
  checkOption("threads", asked, loadOptions.threads.kind);
  return Math.max(1, Math.min(asked, processors));
}
