import { UsageError } from "./command-line.ts";

/** Where the ladder ends, as whisper/transcribe.py has it: 1.0 is still a rung. */
const STOP = 1 + 1e-6;
const SMALLEST_STEP = 0.01;

/**
 * Temperatures from the first to 1.0, as openai/whisper's command makes them: numpy's arange, to the
 * last bit.
 *
 * @throws UsageError for a first one above 1, and steps that do not lead there
 */
export function temperatureLadder(first: number, step: number): number[] {
  const count = Math.ceil((STOP - first) / step);
  if (!(step >= SMALLEST_STEP)) {
    throw new UsageError(
      `--temperature_increment_on_fallback: expected a number from ${SMALLEST_STEP}, or None for no fallback; found ${step}.`,
    );
  }
  if (!(count >= 1)) {
    throw new UsageError(
      `--temperature_increment_on_fallback: from ${first} there is no way up to 1. Leave it out, or begin with a lower --temperature.`,
    );
  }
  // numpy multiplies by the difference of the first two, which is not always the step itself.
  const difference = first + step - first;
  return Array.from({ length: count }, (_, i) => first + i * difference);
}
