import { describeValue } from "./describe-value.ts";
import { ModelError } from "./errors.ts";

/** A parsed JSON file of a model; reads fields of known type and refuses the rest by name. */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #file: string;

  /** Throws ModelError when `value` is no JSON object. */
  constructor(value: unknown, file: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ModelError(
        `${file}: expected a JSON object, found ${describeValue(value)}. The file is no Whisper config; fetch the model again.`,
        { file, expected: "a JSON object", found: describeValue(value) },
      );
    }
    this.#object = value as Record<string, unknown>;
    this.#file = file;
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined && this.#object[name] !== null;
  }

  /** Every field as it is. */
  all(): Readonly<Record<string, unknown>> {
    return this.#object;
  }

  /** The raw value; null and absent are both undefined. */
  get(name: string): unknown {
    return this.#object[name] ?? undefined;
  }

  /** A whole number from `minimum` up. */
  integer(name: string, fallback?: number, minimum = 1): number {
    const value = this.#object[name] ?? fallback;
    if (!Number.isInteger(value) || (value as number) < minimum) {
      throw this.wrong(name, `a whole number of at least ${minimum}`);
    }
    return value as number;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#object[name] ?? fallback;
    if (typeof value !== "boolean") throw this.wrong(name, "true or false");
    return value;
  }

  /** One of `values`. */
  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const value = this.#object[name] ?? fallback;
    if (!values.includes(value as T)) throw this.wrong(name, values.join(" or "));
    return value as T;
  }

  /** A list of token ids below `vocabSize`, null meaning none; undefined when the field is absent. */
  ids(name: string, vocabSize: number): number[] | undefined {
    const value = this.#object[name];
    if (value === undefined) return undefined;
    if (value === null) return [];
    const isId = (item: unknown) =>
      Number.isInteger(item) && (item as number) >= 0 && (item as number) < vocabSize;
    if (!Array.isArray(value) || !value.every(isId)) {
      throw this.wrong(name, `a list of token ids from 0 to ${vocabSize - 1}`);
    }
    return value as number[];
  }

  /** The error of a field that is not what it should be. */
  wrong(name: string, expected: string): ModelError {
    const found = describeValue(this.#object[name]);
    return new ModelError(
      `${this.#file}: ${name}: expected ${expected}, found ${found}. Use a model in the Hugging Face Whisper layout.`,
      { file: this.#file, field: name, expected, found },
    );
  }
}
