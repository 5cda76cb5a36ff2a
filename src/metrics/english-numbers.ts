import { type NumberWord, numberWords } from "./english-number-words.ts";
import { digit, space, splitAtSpaces, wordBegins, wordEnds } from "./unicode-classes.ts";

/**
 * Spelled-out English numbers as digits, with their signs, currencies and suffixes
 * (EnglishNumberNormalizer of whisper/normalizers/english.py): "two point five million dollars"
 * becomes "$2500000", "nineteen fifties" "1950s", "double oh seven" "007".
 *
 * @param text lower case, without diacritics; symbols no others than . % $ ¢ € £
 */
export function normaliseNumbers(text: string): string {
  return attachCents(new NumberReader(splitAtSpaces(separateNumbers(text))).read().join(" "));
}

const halves = new RegExp(`${wordBegins}and${space}+a${space}+half${wordEnds}`, "u");
const suffixes = new RegExp(`([0-9])${space}+(st|nd|rd|th|s)${wordEnds}`, "gu");

/** "three and a half" as "three point five", and spaces between letters and digits. */
function separateNumbers(text: string): string {
  const parts = text.split(halves).flatMap((part, i, { length }) => {
    const words = splitAtSpaces(part);
    if (words.length === 0) return [];
    if (i === length - 1) return [part];
    const last = numberWords.get(words.at(-1)!);
    return [part, isDigits(last) || isMultiplier(last) ? "point five" : "and a half"];
  });
  return parts
    .join(" ")
    .replace(/([a-z])([0-9])/g, "$1 $2")
    .replace(/([0-9])([a-z])/g, "$1 $2")
    .replace(suffixes, "$1$2");
}

const dollarsAndCents = new RegExp(`([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})${wordEnds}`, "gu");
const centsOnly = new RegExp(`[€£$]0.([0-9]{1,2})${wordEnds}`, "gu");
const ones = new RegExp(`${wordBegins}1(s?)${wordEnds}`, "gu");

/** "$2 and ¢7" as "$2.07", "$0.36" as "¢36"; 1 alone is the word again. */
function attachCents(text: string): string {
  return text
    .replace(
      dollarsAndCents,
      (_, sign, whole, cents) => `${sign}${whole}.${cents.padStart(2, "0")}`,
    )
    .replace(centsOnly, (_, cents) => `¢${Number(cents)}`)
    .replace(ones, "one$1");
}

/** A number while it is read: a whole one, or digits and points one after the other. */
type Value = bigint | string;

const numeral = new RegExp(`^${digit}+(\\.${digit}+)?$`, "u");

/** Reads words once, from left to right. */
class NumberReader {
  readonly #words: readonly string[];
  readonly #output: string[] = [];
  /** The number read so far. */
  #value: Value | null = null;
  /** The sign to put before the next output. */
  #sign = "";

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  read(): readonly string[] {
    for (let i = 0; i < this.#words.length; ) i += this.#readWord(i);
    this.#flush();
    return this.#output;
  }

  /** @returns how many words it took */
  #readWord(i: number): 1 | 2 {
    const word = this.#words[i]!;
    const bare = /^[£€$¢]/.test(word) ? word.slice(1) : word;
    if (numeral.test(bare)) {
      this.#readNumeral(word, bare);
      return 1;
    }
    const meaning = numberWords.get(word);
    const before = numberWords.get(this.#words[i - 1] ?? "");
    const next = this.#words[i + 1] ?? "";
    const after = numberWords.get(next);
    const isNumberNext = after !== undefined || numeral.test(next);
    switch (meaning?.kind) {
      case undefined:
        return this.#pass(word);
      case "zero":
        this.#value = `${this.#digits()}0`;
        return 1;
      case "ones":
        this.#take(joinOnes(this.#value, meaning.amount, before), meaning.suffix);
        return 1;
      case "tens":
        this.#take(joinTens(this.#value, meaning.amount), meaning.suffix);
        return 1;
      case "multiplier":
        this.#take(this.#multiply(meaning.amount), meaning.suffix);
        return 1;
      case "sign":
        this.#flush();
        if (isNumberNext) this.#sign = meaning.symbol;
        else this.#write(word);
        return 1;
      case "currency":
        if (this.#value === null) this.#write(word);
        else {
          this.#sign = meaning.symbol;
          this.#flush();
        }
        return 1;
      case "percent":
        return this.#readPercent(word, next);
      case "and":
        // "two hundred and three" goes on; "two and three" are two numbers.
        if (isNumberNext && isMultiplier(before)) return 1;
        return this.#pass(word);
      case "repeat":
        if (after?.kind === "zero" || isOnes(after)) {
          const repeated = after.kind === "zero" ? 0n : after.amount;
          this.#value = `${this.#digits()}${String(repeated).repeat(meaning.count)}`;
          return 2;
        }
        return this.#pass(word);
      case "point":
        if (!isNumberNext) return this.#pass(word);
        if (isDigits(after) || after === undefined) {
          this.#value = `${this.#digits()}.`;
        }
        return 1;
    }
  }

  /** A word that stays as it is. */
  #pass(word: string): 1 {
    this.#flush();
    this.#write(word);
    return 1;
  }

  #readNumeral(word: string, bare: string): void {
    if (typeof this.#value === "string" && this.#value.endsWith(".")) {
      this.#value += word;
      return;
    }
    this.#flush();
    if (bare !== word) this.#sign = word[0]!;
    this.#value = multiplyDecimal(bare, 1n) ?? bare;
  }

  #readPercent(word: string, next: string): 1 | 2 {
    const words = word === "percent" ? 1 : 2;
    if (this.#value !== null && (words === 1 || next === "cent")) {
      this.#write(`${this.#value}%`);
      return words;
    }
    return this.#pass(word);
  }

  /** The value times a multiplier; what cannot be multiplied is a number of its own. */
  #multiply(multiplier: bigint): bigint {
    const value = this.#value;
    if (value === null) return multiplier;
    if (typeof value === "bigint") {
      // "one million two thousand": only what is below a thousand is meant.
      const rest = value % 1000n;
      return value - rest + rest * multiplier;
    }
    const product = multiplyDecimal(value, multiplier);
    if (product === null) this.#flush();
    return product ?? multiplier;
  }

  /** A suffix ends the number. */
  #take(value: Value, suffix: string): void {
    if (suffix === "") this.#value = value;
    else this.#write(`${value}${suffix}`);
  }

  /** The digits so far; 0 has none, as in "0 oh seven". */
  #digits(): string {
    return this.#value === null || this.#value === 0n ? "" : String(this.#value);
  }

  #flush(): void {
    if (this.#value !== null) this.#write(String(this.#value));
  }

  #write(text: string): void {
    this.#output.push(this.#sign + text);
    this.#value = null;
    this.#sign = "";
  }
}

/** "twenty" and "four" make 24, "five" and "four" 54, "hundred" and "eleven" 111. */
function joinOnes(value: Value | null, amount: bigint, before: NumberWord | undefined): Value {
  if (value === null) return amount;
  if (typeof value === "bigint" && !isOnes(before))
    return fillIn(value, amount, amount < 10n ? 10n : 100n);
  const isAfterTens = before?.kind === "tens" && before.suffix === "" && amount < 10n;
  return `${isAfterTens ? String(value).slice(0, -1) : value}${amount}`;
}

function joinTens(value: Value | null, amount: bigint): Value {
  if (value === null) return amount;
  return typeof value === "bigint" ? fillIn(value, amount, 100n) : `${value}${amount}`;
}

/** Adds to a number that ends in zeros, else writes the digits behind it. */
function fillIn(value: bigint, amount: bigint, place: bigint): Value {
  return value % place === 0n ? value + amount : `${value}${amount}`;
}

/** A decimal times a whole number; null if that is not whole, or there are more points than one. */
function multiplyDecimal(decimal: string, factor: bigint): bigint | null {
  const [, whole, fraction = ""] = /^(\d*)(?:\.(\d*))?$/.exec(asciiDigits(decimal)) ?? [];
  if (whole === undefined || whole + fraction === "") return null;
  const scale = 10n ** BigInt(fraction.length);
  const product = BigInt(whole + fraction) * factor;
  return product % scale === 0n ? product / scale : null;
}

/** Digits of any script as 0..9. Each script has ten in a row, and no digit stands before its zero. */
function asciiDigits(text: string): string {
  return text.replace(/(?!\d)\p{Nd}/gu, (character) => {
    const point = character.codePointAt(0)!;
    let amount = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(point - amount - 1))) amount += 1;
    return String(amount);
  });
}

/** A word that may follow "point". */
function isDigits(word: NumberWord | undefined): boolean {
  return word?.kind === "zero" || isOnes(word) || (word?.kind === "tens" && word.suffix === "");
}

function isOnes(word: NumberWord | undefined): word is NumberWord & { kind: "ones" } {
  return word?.kind === "ones" && word.suffix === "";
}

function isMultiplier(word: NumberWord | undefined): boolean {
  return word?.kind === "multiplier" && word.suffix === "";
}
