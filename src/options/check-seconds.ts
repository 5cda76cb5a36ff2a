import { OptionError } from "../errors.ts";

/** @throws OptionError for what is no number above 0 and at most `most` */
export function checkSeconds(name: string, value: number, most: number): void {
  if (typeof value === "number" && value > 0 && value <= most) return;
  throw new OptionError(
    `${name} should be a number of seconds above 0, at most ${most}, found ${value}.`,
    { option: name, expected: most, found: value },
  );
}
