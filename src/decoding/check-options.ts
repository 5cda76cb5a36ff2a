import { describeValue } from "../describe-value.ts";
import { OptionError } from "../errors.ts";
import type { DecodingOptions } from "../options.ts";

type Check = readonly [expected: string, accepts: (value: unknown) => boolean];

const ids: Check = [
  "an array of token ids",
  (value) => Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0),
];
const threshold: Check = ["a number or null", (value) => value === null || isNumber(value)];

const checks: { readonly [Name in keyof Required<DecodingOptions>]: Check } = {
  language: ["a language code or English name", (value) => typeof value === "string"],
  task: oneOf("transcribe", "translate"),
  timestamps: oneOf("none", "segment"),
  encoderContext: oneOf("full", "trimmed"),
  prompt: ids,
  prefix: ids,
  suppressTokens: ids,
  suppressBlank: ["true or false", (value) => typeof value === "boolean"],
  maxInitialTimestamp: [
    "seconds from 0, or null",
    (value) => value === null || (isNumber(value) && value >= 0),
  ],
  maxTokens: ["a whole number from 1", (value) => Number.isInteger(value) && Number(value) >= 1],
  noSpeechThreshold: threshold,
  logProbThreshold: threshold,
};

/**
 * Refuses options that no model has: unknown names and values of the wrong kind. What depends on
 * the model is checked when decoding is planned.
 *
 * @throws OptionError that names the option, what was expected and what was found
 */
export function checkDecodingOptions(options: DecodingOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).join(", ");
      throw new OptionError(`${name}: expected one of the options ${known}.`, {
        expected: known,
        found: name,
      });
    }
    const [expected, accepts] = checks[name as keyof DecodingOptions];
    if (!accepts(value)) {
      const found = describeValue(value);
      throw new OptionError(`${name}: expected ${expected}; found ${found}.`, { expected, found });
    }
  }
}

function oneOf(...values: readonly string[]): Check {
  const expected = values.map((value) => `"${value}"`).join(" or ");
  return [expected, (value) => values.includes(value as string)];
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
