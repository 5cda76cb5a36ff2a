import { refuse, refuseValue } from "../errors.ts";
import {
  decodingOptions,
  type Kind,
  type Option,
  type OptionTable,
  type Resolved,
  type ResolvedOptions,
  voiceActivityOptions,
} from "./option-table.ts";
import type { DecodingOptions } from "./options.ts";

/** What messages call an option: by its name, or by that of a flag. */
type NameOf = (option: string) => string;

/**
 * Refuses options that no model has: unknown names, values of the wrong kind, and what contradicts
 * each other. What depends on the model is checked when decoding is planned.
 *
 * @throws OptionError that names the option, what was expected and what was found
 */
export function checkDecodingOptions(
  options: DecodingOptions,
  nameOf: NameOf = (option) => option,
): void {
  checkOptions(options, decodingOptions, nameOf);
  const { voiceActivity } = options;
  if (typeof voiceActivity === "object") {
    checkOptions(voiceActivity, voiceActivityOptions, (name) => `voiceActivity.${name}`);
  }
  checkNeeds(options, nameOf);
  checkSearch(options, nameOf);
  checkContradictions(options, nameOf);
}

/** @throws OptionError for options that are not in a table, and values that it does not take */
export function checkOptions(
  options: object,
  table: Readonly<Record<string, Option>>,
  nameOf: NameOf = (option) => option,
): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, option)) {
      throw refuseValue(nameOf(option), `one of the options ${Object.keys(table).join(", ")}`);
    }
    checkOption(nameOf(option), value, table[option]!.kind);
  }
}

/** @throws OptionError for a value of another kind; undefined is of any */
export function checkOption(name: string, value: unknown, [expected, accepts]: Kind): void {
  if (value !== undefined && !accepts(value)) throw refuseValue(name, expected, value);
}

/** Puts the table's defaults in place of what is left out or undefined. */
export function withDefaults<Options extends object, Table extends OptionTable<Options>>(
  options: Options,
  table: Table & OptionTable<Options>,
): Resolved<Options, Table> {
  const defaults = Object.entries<Option>(table).map(([name, row]) => [name, row.default]);
  const given = Object.entries(options);
  const resolved = [...defaults, ...given].filter(([, value]) => value !== undefined);
  return Object.fromEntries(resolved) as Resolved<Options, Table>;
}

export function resolveOptions(options: DecodingOptions): ResolvedOptions {
  return withDefaults(options, decodingOptions);
}

/** Options that mean nothing without another. */
function checkNeeds(options: DecodingOptions, nameOf: NameOf): void {
  for (const [name, { needs }] of Object.entries<Option>(decodingOptions)) {
    const asked = options[name as keyof DecodingOptions] ?? false;
    if (needs === undefined || asked === false) continue;
    const { option, value, because = "without which it means nothing" } = needs;
    const other = options[option] ?? (decodingOptions[option] as Option).default ?? false;
    if (value === undefined ? other !== false : other === value) continue;
    const expected = value === undefined ? nameOf(option) : `${nameOf(option)} "${value}"`;
    throw refuse(nameOf(name), `expected ${expected} too, ${because}.`, { expected });
  }
}

/**
 * As DecodingTask's _verify_options (whisper/decoding.py); in a ladder beamSize and patience are for
 * temperature 0 and bestOf is for what is above.
 */
function checkSearch(options: DecodingOptions, nameOf: NameOf): void {
  const { temperature = decodingOptions.temperature.default, beamSize, patience, bestOf } = options;
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  const found = JSON.stringify(temperature);
  if (beamSize !== undefined && !temperatures.includes(0)) {
    throw refuse(
      nameOf("beamSize"),
      `a beam search is for temperature 0; found temperature ${found}. Leave one of them out, or let the list of temperatures begin with 0.`,
      { expected: "a temperature of 0", found },
    );
  }
  if (bestOf !== undefined && !temperatures.some((each) => each > 0)) {
    throw refuse(
      nameOf("bestOf"),
      `samples are drawn above temperature 0 alone; found temperature ${found}. Leave ${nameOf("bestOf")} out, or give temperatures above 0 too.`,
      { expected: "a temperature above 0", found },
    );
  }
  // Python rounds a half of one to none.
  if (beamSize !== undefined && patience !== undefined && beamSize * patience <= 0.5) {
    throw refuse(
      nameOf("patience"),
      `expected ${nameOf("beamSize")} * ${nameOf("patience")} of 1 or more after rounding; found ${beamSize} * ${patience}.`,
      { expected: 1, found: beamSize * patience },
    );
  }
}

function checkContradictions(options: DecodingOptions, nameOf: NameOf): void {
  const { prompt = [], initialPrompt, voiceActivity = false, clipTimestamps } = options;
  const { batchSize = 1, conditionOnPreviousText } = options;
  if (prompt.length > 0 && initialPrompt !== undefined) {
    throw refuse(
      `${nameOf("prompt")} and ${nameOf("initialPrompt")}`,
      "expected one of them, found both. Give the text before the audio as token ids or as text.",
      { expected: "prompt or initialPrompt", found: "both" },
    );
  }
  if (voiceActivity !== false && clipTimestamps !== undefined) {
    throw refuse(
      nameOf("clipTimestamps"),
      `expected none with ${nameOf("voiceActivity")}, which finds clips itself. Leave one of them out.`,
    );
  }
  if (batchSize > 1 && conditionOnPreviousText === true) {
    throw refuse(
      nameOf("conditionOnPreviousText"),
      `expected false with a ${nameOf("batchSize")} of ${batchSize}, as windows that are decoded together do not know each other's text. Leave one of them out.`,
      { expected: false, found: true },
    );
  }
}
