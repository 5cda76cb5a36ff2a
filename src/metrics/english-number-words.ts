/** What a word means in a number. */
export type NumberWord =
  /** "oh": a zero to be read out digit by digit. */
  | { readonly kind: "zero" }
  /** Joins a number; with a suffix ("third", "twenties") it ends it too. */
  | {
      readonly kind: "ones" | "tens" | "multiplier";
      readonly amount: bigint;
      readonly suffix: "" | "s" | "st" | "nd" | "rd" | "th";
    }
  /** "minus": a sign before the number that follows. */
  | { readonly kind: "sign"; readonly symbol: string }
  /** "dollars": a sign before the number that came. */
  | { readonly kind: "currency"; readonly symbol: string }
  /** "percent", "per". */
  | { readonly kind: "percent" }
  | { readonly kind: "and" | "point" }
  /** "double": how often the next digit counts. */
  | { readonly kind: "repeat"; readonly count: number };

const ones = [
  ...["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"],
  ...["twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
];
const tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const multipliers: Readonly<Record<string, bigint>> = {
  hundred: 100n,
  ...Object.fromEntries(
    [
      ...["thousand", "million", "billion", "trillion", "quadrillion", "quintillion"],
      ...["sextillion", "septillion", "octillion", "nonillion", "decillion"],
    ].map((name, i) => [name, 1000n ** BigInt(i + 1)]),
  ),
};
/** Ordinals that are more than the number and "th". */
const ordinals: Readonly<
  Record<string, readonly [word: string, suffix: "st" | "nd" | "rd" | "th"]>
> = {
  one: ["first", "st"],
  two: ["second", "nd"],
  three: ["third", "rd"],
  five: ["fifth", "th"],
  eight: ["eighth", "th"],
  twelve: ["twelfth", "th"],
};

export const numberWords: ReadonlyMap<string, NumberWord> = new Map<string, NumberWord>([
  ...["o", "oh", "zero"].map((word) => [word, { kind: "zero" }] as const),
  ["zeroth", { kind: "ones", amount: 0n, suffix: "th" }],
  ...ones.flatMap((word, i) => {
    const [ordinal, suffix] = ordinals[word] ?? [`${word}th`, "th" as const];
    const plural = word === "six" ? "sixes" : `${word}s`;
    return forms("ones", BigInt(i + 1), [word, plural, ordinal], suffix);
  }),
  ...tens.flatMap((word, i) => {
    const stem = word.slice(0, -1);
    return forms("tens", BigInt(10 * (i + 2)), [word, `${stem}ies`, `${stem}ieth`]);
  }),
  ...Object.entries(multipliers).flatMap(([word, amount]) => {
    return forms("multiplier", amount, [word, `${word}s`, `${word}th`]);
  }),
  ...symbols("sign", { minus: "-", negative: "-", plus: "+", positive: "+" }),
  ...symbols("currency", { pound: "£", euro: "€", dollar: "$", cent: "¢" }),
  ...symbols("currency", { pounds: "£", euros: "€", dollars: "$", cents: "¢" }),
  ["per", { kind: "percent" }],
  ["percent", { kind: "percent" }],
  ["and", { kind: "and" }],
  ["point", { kind: "point" }],
  ["double", { kind: "repeat", count: 2 }],
  ["triple", { kind: "repeat", count: 3 }],
]);

function symbols(kind: "sign" | "currency", words: Readonly<Record<string, string>>) {
  return Object.entries(words).map(([word, symbol]) => [word, { kind, symbol }] as const);
}

function forms(
  kind: "ones" | "tens" | "multiplier",
  amount: bigint,
  [cardinal, plural, ordinal]: readonly [string, string, string],
  suffix: "st" | "nd" | "rd" | "th" = "th",
): (readonly [string, NumberWord])[] {
  return [
    [cardinal, { kind, amount, suffix: "" }],
    [plural, { kind, amount, suffix: "s" }],
    [ordinal, { kind, amount, suffix }],
  ];
}
