import { OptionError } from "../errors.ts";

/** @throws OptionError that names the option and the first id outside the vocabulary */
export function checkIds(ids: readonly number[], option: string, vocabSize: number): void {
  const at = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (at < 0) return;
  const expected = `token ids from 0 to ${vocabSize - 1}`;
  const found = ids[at];
  throw new OptionError(`${option}: expected ${expected}; found ${found}.`, { expected, found });
}
