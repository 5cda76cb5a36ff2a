import { expect, it } from "vitest";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { summariseWindows } from "../../tools/quality/compare-windows.ts";
import { klDivergence } from "../../tools/quality/teacher-forcing.ts";
import { roundRows } from "../../tools/quality/unrotated-source.ts";
import { countWordErrors } from "../../tools/quality/word-differences.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";

it("KL divergence: nothing between equals, p log(p / q) else", () => {
  const half = Math.log(0.5);
  const reference = Float32Array.of(half, half);
  expect(klDivergence(reference, Float32Array.of(3, 3), 3 + Math.log(2))).toBeCloseTo(0, 7);
  const expected = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
  const logits = Float32Array.of(Math.log(3), 0);
  expect(klDivergence(reference, logits, Math.log(4))).toBeCloseTo(expected, 6);
  const sure = Float32Array.of(0, Number.NEGATIVE_INFINITY);
  expect(klDivergence(sure, logits, Math.log(4))).toBeCloseTo(Math.log(4 / 3), 6);
});

it("a summary counts tokens, words and energy alike, whatever window they are of", () => {
  const window = { recording: "a", speed: 1, signal: 100, noise: 1, flips: 1 };
  const summary = summariseWindows([
    { ...window, text: "One two.", expectedText: "one, two", divergences: [1] },
    { ...window, noise: 0.9, text: "4", expectedText: "three four", divergences: [0, 0, 1] },
  ]);
  expect(summary).toMatchObject({ klDivergence: 0.5, flips: 2, tokens: 4 });
  expect(summary.encoderSnr).toBeCloseTo(10 * Math.log10(200 / 1.9), 9);
  expect(summary.differing).toEqual({ rate: 0.5, errors: 2, words: 4 });
});

it("word errors are counted where the words are known, over a recording's windows", () => {
  const known = [{ file: "a", words: "red and blue" }, { file: "b" }];
  const text = (recording: string, text: string) => ({ recording, text, expectedText: "" });
  const found = countWordErrors(known, [text("a", "Red,"), text("a", "an blue"), text("b", "x")]);
  expect(found).toMatchObject({ errors: 1, words: 3 });
  expect(countWordErrors([{ file: "b" }], [text("b", "x")])).toBeNull();
});

it.each([
  [8, 45],
  [4, 20],
] as const)("rows rounded to int%i keep near the numbers", async (bits, decibels) => {
  const kernels = await instantiateNodeKernels();
  const inner = 72;
  const values = randomF32(5 * inner, 1);
  const rounded = values.slice();
  roundRows(kernels, rounded, inner, bits);
  expect(signalToNoise(rounded, values)).toBeGreaterThan(decibels);
  // What is rounded already stays.
  const again = rounded.slice();
  roundRows(kernels, again, inner, bits);
  expect(signalToNoise(again, rounded)).toBeGreaterThan(60);
  expect(new Set(rounded.subarray(0, 32)).size).toBeLessThanOrEqual(bits === 4 ? 16 : 32);
});
