import { finishedHypotheses } from "../decoding/plan-attempts.ts";
import { describeValue } from "../describe-value.ts";
import { OptionError } from "../errors.ts";
import { type Kind, optionKinds, voiceActivityKinds } from "./option-kinds.ts";
import type { DecodingOptions } from "./options.ts";

/**
 * Refuses options that no model has: unknown names, values of the wrong kind, and what contradicts
 * each other. What depends on the model is checked when decoding is planned.
 *
 * @throws OptionError that names the option, what was expected and what was found
 */
export function checkDecodingOptions(options: DecodingOptions): void {
  checkKinds(options, optionKinds, "");
  const { voiceActivity } = options;
  if (typeof voiceActivity === "object") {
    checkKinds(voiceActivity, voiceActivityKinds, "voiceActivity.");
  }
  checkSearch(options);
  checkCompany(options);
}

function checkKinds(options: object, kinds: Readonly<Record<string, Kind>>, prefix: string): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const name = `${prefix}${key}`;
    if (!Object.hasOwn(kinds, key)) {
      const expected = Object.keys(kinds).join(", ");
      throw new OptionError(`${name}: expected one of the options ${expected}.`, {
        expected,
        found: key,
      });
    }
    const [expected, accepts] = kinds[key]!;
    if (!accepts(value)) {
      const found = describeValue(value);
      throw new OptionError(`${name}: expected ${expected}; found ${found}.`, { expected, found });
    }
  }
}

/**
 * As DecodingTask's _verify_options (whisper/decoding.py); in a ladder beamSize and patience are for
 * temperature 0 and bestOf is for what is above.
 */
function checkSearch({ temperature = 0, beamSize, patience, bestOf }: DecodingOptions): void {
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  const found = JSON.stringify(temperature);
  if (beamSize !== undefined && !temperatures.includes(0)) {
    throw new OptionError(
      `beamSize: a beam search is for temperature 0; found temperature ${found}. Leave one of them out, or let the list of temperatures begin with 0.`,
      { expected: "a temperature of 0", found },
    );
  }
  if (bestOf !== undefined && !temperatures.some((each) => each > 0)) {
    throw new OptionError(
      `bestOf: samples are drawn above temperature 0 alone; found temperature ${found}. Leave bestOf out, or give temperatures above 0 too.`,
      { expected: "a temperature above 0", found },
    );
  }
  if (patience === undefined) return;
  if (beamSize === undefined) {
    throw new OptionError("patience: expected beamSize too, as patience is a beam search's.", {
      expected: "beamSize",
    });
  }
  if (finishedHypotheses(beamSize, patience) < 1) {
    throw new OptionError(
      `patience: expected beamSize * patience of 1 or more after rounding; found ${beamSize} * ${patience}.`,
      { expected: 1, found: beamSize * patience },
    );
  }
}

/** Options that mean nothing without another. */
function checkCompany(options: DecodingOptions): void {
  const { timestamps, initialPrompt, voiceActivity = false, clipTimestamps } = options;
  const { batchSize = 1, conditionOnPreviousText } = options;
  const needs = (name: keyof DecodingOptions, isThere: boolean, other: string) => {
    const value = options[name];
    if (isThere || value === undefined || value === null || value === false) return;
    throw new OptionError(`${name}: expected ${other} too, without which it means nothing.`, {
      expected: other,
    });
  };
  const hasWords = timestamps === "word";
  needs("hallucinationSilenceThreshold", hasWords, 'timestamps "word"');
  needs("prependPunctuations", hasWords, 'timestamps "word"');
  needs("appendPunctuations", hasWords, 'timestamps "word"');
  needs("carryInitialPrompt", initialPrompt !== undefined, "initialPrompt");
  needs("batchSize", voiceActivity !== false, "voiceActivity");
  if (voiceActivity !== false && clipTimestamps !== undefined) {
    throw new OptionError(
      "clipTimestamps: expected none with voiceActivity, which finds clips itself. Leave one of them out.",
    );
  }
  if (batchSize > 1 && conditionOnPreviousText === true) {
    throw new OptionError(
      `conditionOnPreviousText: expected false with a batchSize of ${batchSize}, as windows that are decoded together do not know each other's text. Leave one of them out.`,
      { expected: false, found: true },
    );
  }
}
