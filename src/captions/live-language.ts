/** The language of a live source, which is kept only once enough of it was heard for sure. */

/** Shorter speech tells no language for sure, seconds: "Bonjour" may be said in any. */
const LEAST_SECONDS = 3;
/** Probability from which a language is sure. */
const SURE = 0.7;
/** Hypotheses in a row that must be doubtful before the language is looked for again. */
const DOUBTS = 2;

/** A language that was found, and how probable it is. */
export interface FoundLanguage {
  readonly language: string;
  readonly probability: number;
}

export class LiveLanguage {
  #kept: string | undefined;
  #doubts = 0;

  /** What hypotheses are told; undefined: each is to find its own. */
  get kept(): string | undefined {
    return this.#kept;
  }

  /**
   * A hypothesis has come.
   *
   * @param found where it was detected; null where it was told
   * @param heard.isProbable whether its text is
   * @returns the language, when it is kept from now on
   */
  learn(
    found: FoundLanguage | null,
    heard: { readonly seconds: number; readonly isProbable: boolean },
  ): FoundLanguage | null {
    if (found === null) {
      this.#doubts = heard.isProbable ? 0 : this.#doubts + 1;
      if (this.#doubts >= DOUBTS) this.#kept = undefined;
      return null;
    }
    const isSure = heard.seconds >= LEAST_SECONDS && heard.isProbable && found.probability >= SURE;
    if (!isSure) return null;
    this.#kept = found.language;
    this.#doubts = 0;
    return found;
  }
}
