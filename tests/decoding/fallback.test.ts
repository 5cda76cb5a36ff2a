import { describe, expect, it } from "vitest";
import type { DecodedWindow } from "../../src/decoding/decode-windows.ts";
import { decodeWithFallback, isSpeech } from "../../src/decoding/decode-windows.ts";
import type { DecodingPlan, DecodingThresholds } from "../../src/decoding/decoding-plan.ts";
import { decodeOne } from "./decode-one.ts";
import { logitsFor, logitsOf, ScriptedDecoder } from "./scripted-decoder.ts";
import { endOfText, noSpeech, tinyPlan, vocabSize } from "./tiny-plan.ts";

const none: DecodingThresholds = tinyPlan.thresholds;
const ladder: DecodingPlan["attempts"] = [
  { search: "greedy", temperature: 0 },
  { search: "sampling", temperature: 0.4, samples: 2 },
  { search: "sampling", temperature: 0.8, samples: 2 },
];

/**
 * One token, 1 or 2 of `probabilities` (by attempt) each, and the end; the probability of no speech
 * is `silence`.
 */
function attempts(probabilities: readonly number[], silence = 0.1): ScriptedDecoder {
  const options = { vocabSize, contextLength: 20, sequences: 2 };
  const decoder: ScriptedDecoder = new ScriptedDecoder(options, ({ length }) => {
    const probability = probabilities[decoder.resets - 1]!;
    if (length === 1) return logitsFor(noSpeech, vocabSize, silence);
    if (length > 2) return logitsFor(endOfText, vocabSize, 0.999);
    return logitsOf({ 1: probability, 2: probability, 3: 1 - 2 * probability }, vocabSize);
  });
  return decoder;
}

async function temperatureOf(
  decoder: ScriptedDecoder,
  thresholds: Partial<DecodingThresholds>,
  changed: Partial<DecodingPlan> = {},
): Promise<number> {
  const plan = {
    ...tinyPlan,
    attempts: ladder,
    thresholds: { ...none, ...thresholds },
    ...changed,
  };
  return (await decodeOne(decoder, plan)).temperature;
}

/** Greedy decoding gives a text of `length` ones; sampling gives it of one token. */
function repeating(length: number): ScriptedDecoder {
  const decoder: ScriptedDecoder = new ScriptedDecoder(
    { vocabSize, contextLength: 100, sequences: 2 },
    (tokens) => {
      const most = decoder.resets === 1 ? length : 1;
      return logitsFor(tokens.length < 2 + most ? 1 : endOfText, vocabSize, 0.999);
    },
  );
  return decoder;
}

describe("the ladder of temperatures", () => {
  it("ends at the first text where nothing is asked of it", async () => {
    const decoder = attempts([0.01]);
    expect(await temperatureOf(decoder, {})).toBe(0);
    expect(decoder.resets).toBe(1);
  });

  it("goes on while the average log-probability is too low", async () => {
    // Of two tokens, the end included.
    const average = (probability: number) => Math.log(probability) / 2;
    const sure = () => attempts([0.34, 0.34, 0.34]);
    expect(await temperatureOf(sure(), { logProb: average(0.33) })).toBe(0);
    expect(await temperatureOf(attempts([0.34, 0.48, 0.48]), { logProb: average(0.4) })).toBe(0.4);
  });

  it("stands at the most probable text where none looks right, not at one that repeats itself", async () => {
    expect(await temperatureOf(attempts([0.34, 0.34, 0.34]), { logProb: 0 })).toBe(0);
    expect(await temperatureOf(attempts([0.34, 0.48, 0.4]), { logProb: 0 })).toBe(0.4);
    const thresholds = { compressionRatio: 2.4, logProb: 0 };
    expect(await temperatureOf(repeating(60), thresholds, { maxTokens: 90 })).toBe(0.4);
  });

  it("goes on while the text repeats itself", async () => {
    expect(await temperatureOf(repeating(60), { compressionRatio: 2.4 }, { maxTokens: 90 })).toBe(
      0.4,
    );
    expect(await temperatureOf(repeating(60), { compressionRatio: null }, { maxTokens: 90 })).toBe(
      0,
    );
    expect(await temperatureOf(repeating(3), { compressionRatio: 2.4 }, { maxTokens: 90 })).toBe(0);
  });

  it("ends where an improbable text is silence", async () => {
    const silent = () => attempts([0.34, 0.34, 0.34], 0.9);
    const logProb = 0;
    for (const [noSpeech, attempts] of [
      [0.6, 1],
      [0.95, 3],
      [null, 3],
    ] as const) {
      const decoder = silent();
      await temperatureOf(decoder, { logProb, noSpeech });
      expect(decoder.resets).toBe(attempts);
    }
  });

  it("goes on where a silent text repeats itself, unless it is improbable too", async () => {
    const decode = (logProb: number | null) => {
      const decoder: ScriptedDecoder = new ScriptedDecoder(
        { vocabSize, contextLength: 100, sequences: 2 },
        (tokens) => {
          if (tokens.length === 1) return logitsFor(noSpeech, vocabSize, 0.9);
          const most = decoder.resets === 1 ? 60 : 1;
          return logitsFor(tokens.length < 2 + most ? 1 : endOfText, vocabSize, 0.9);
        },
      );
      const thresholds = { compressionRatio: 2.4, noSpeech: 0.6, logProb };
      return temperatureOf(decoder, thresholds, { maxTokens: 90 });
    };
    expect(await decode(-1)).toBe(0.4);
    expect(await decode(null)).toBe(0.4);
    expect(await decode(-0.01)).toBe(0);
  });

  it("feeds the prompt anew at each temperature", async () => {
    const decoder = attempts([0.34, 0.34, 0.34]);
    await temperatureOf(decoder, { logProb: 0 });
    expect(decoder.resets).toBe(3);
    const prompts = decoder.passes.filter(([feeding]) => feeding!.tokens.length === 2);
    expect(prompts).toHaveLength(3);
  });
});

describe("windows decoded together", () => {
  /** Window w says w + 1 so many times, then ends. */
  const lengths = [3, 1, 4];

  function decoder(sequences = 1): ScriptedDecoder {
    const options = { vocabSize, contextLength: 20, sequences, windows: lengths.length };
    return new ScriptedDecoder(options, ({ length }, sequence) => {
      const window = Math.floor(sequence / sequences);
      if (length === 1) return logitsFor(noSpeech, vocabSize, 0.1 + 0.2 * window);
      return logitsFor(length < 2 + lengths[window]! ? window + 1 : endOfText, vocabSize, 0.9);
    });
  }

  const texts = (windows: readonly DecodedWindow[]) => windows.map(({ text }) => text);

  it("share every pass, until each has ended", async () => {
    const shared = decoder();
    const told: string[] = [];
    const windows = await decodeWithFallback(shared, [tinyPlan, tinyPlan, tinyPlan], {
      onStep: async (running) => {
        told.push(running.map(({ window, tokens }) => `${window}:${tokens.join("")}`).join(" "));
      },
    });
    expect(texts(windows)).toEqual(["111", "2", "3333"]);
    expect(windows.map(({ noSpeechProb }) => noSpeechProb.toFixed(6))).toEqual([
      "0.100000",
      "0.300000",
      "0.500000",
    ]);
    expect(shared.passes.map((feedings) => feedings.map(({ sequence }) => sequence))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 2],
      [0, 2],
      [2],
    ]);
    expect(told.slice(0, 2)).toEqual(["0:1 1:2 2:3", "0:11 2:33"]);
  });

  it("may each have a prompt, a search and an end of their own", async () => {
    const beam = { search: "beam", temperature: 0, beamSize: 3, mostFinished: 3 } as const;
    const plans = [
      { ...tinyPlan, attempts: [beam] },
      tinyPlan,
      { ...tinyPlan, maxTokens: 2, initialTokens: [5], startIndex: 0 },
    ];
    const windows = await decodeWithFallback(decoder(3), plans);
    const alone = [];
    for (const [i, plan] of plans.entries()) {
      const all = plans.map((_, window) => (window === i ? plan : tinyPlan));
      alone.push((await decodeWithFallback(decoder(3), all))[i]!);
    }
    expect(windows).toEqual(alone);
    expect(windows[2]!.tokens).toHaveLength(2);
  });

  it("are decoded again without those that look right", async () => {
    const shared = decoder(2);
    const strict = {
      ...tinyPlan,
      attempts: ladder,
      thresholds: { ...none, logProb: 0 },
    };
    const windows = await decodeWithFallback(shared, [strict, tinyPlan, strict]);
    expect(windows.map(({ temperature }) => temperature)).toEqual([0, 0, 0]);
    const prompts = shared.passes.filter(([feeding]) => feeding!.tokens.length === 2);
    expect(prompts.map((feedings) => feedings.map(({ sequence }) => sequence))).toEqual([
      [0, 2, 4],
      [0, 4],
      [0, 4],
    ]);
  });

  it("draw what each would draw alone", async () => {
    const coin = () => {
      return new ScriptedDecoder(
        { vocabSize, contextLength: 20, sequences: 1, windows: 3 },
        ({ length }) => logitsOf(length < 12 ? { 1: 0.5, 2: 0.5 } : { [endOfText]: 1 }, vocabSize),
      );
    };
    const plan = {
      ...tinyPlan,
      attempts: [{ search: "sampling", temperature: 1, samples: 1 } as const],
    };
    const positions = [0, 3000, 5800];
    const together = await decodeWithFallback(coin(), [plan, plan, plan], { positions });
    for (const [i, position] of positions.entries()) {
      const alone = await decodeOne(coin(), plan, { position });
      expect(together[i]).toEqual(alone);
    }
    expect(new Set(texts(together)).size).toBe(3);
  });

  it("may be none", async () => {
    expect(await decodeWithFallback(decoder(), [])).toEqual([]);
  });
});

describe("a window of speech", () => {
  const few = [1, 2, 3, 4];
  const many = [1, 2, 3, 4, 5];
  it.each<[readonly number[], number, number, Partial<DecodingThresholds>, boolean]>([
    [many, 0.7, -2, { noSpeech: 0.6, logProb: -1 }, false],
    [many, 0.7, -0.5, { noSpeech: 0.6, logProb: -1 }, true], // a probable text excuses
    [many, 0.7, -1, { noSpeech: 0.6, logProb: -1 }, false], // if it is above the threshold
    [many, 0.6, -1.9, { noSpeech: 0.6, logProb: -1 }, true],
    [many, 0.7, -0.5, { noSpeech: 0.6, logProb: null }, false],
    [many, 0.99, -9, { noSpeech: null, logProb: -1 }, true],
    // Few tokens are doubted sooner, timestamps not counted.
    [few, 0.7, -0.6, { noSpeech: 0.6, logProb: -1 }, false],
    [[noSpeech, ...few, endOfText + 1], 0.7, -0.6, { noSpeech: 0.6, logProb: -1 }, false],
    [few, 0.7, -0.3, { noSpeech: 0.6, logProb: -1 }, true],
    [few, 0.4, -1.2, { noSpeech: 0.6, logProb: -1 }, false],
    [few, 0.4, -0.9, { noSpeech: 0.6, logProb: -1 }, true],
    [few, 0.99, -9, { noSpeech: null, logProb: -1 }, true],
  ])(
    "%j, no-speech %d, log-probability %d, %j: %s",
    (...[tokens, ns, avgLogProb, some, speech]) => {
      const plan = {
        ...tinyPlan,
        attempts: ladder,
        endOfText: 6,
        thresholds: { ...none, ...some },
      };
      expect(isSpeech({ noSpeechProb: ns, avgLogProb, tokens }, plan)).toBe(speech);
    },
  );

  it("is all that the reference takes for it where one temperature is asked for", () => {
    const thresholds = { ...none, noSpeech: 0.6, logProb: -1 };
    const window = { noSpeechProb: 0.6, avgLogProb: -9, tokens: few };
    expect(isSpeech(window, { ...tinyPlan, thresholds })).toBe(true);
  });

  it("is not what all temperatures leave improbable", () => {
    const window = { noSpeechProb: 0.1, avgLogProb: -2.1, tokens: many };
    const thresholds = { ...none, noSpeech: 0.6, logProb: -1 };
    expect(isSpeech(window, { ...tinyPlan, thresholds })).toBe(true);
    expect(isSpeech(window, { ...tinyPlan, thresholds, attempts: ladder })).toBe(false);
    const silentOnly = { ...thresholds, logProb: null };
    expect(isSpeech(window, { ...tinyPlan, thresholds: silentOnly, attempts: ladder })).toBe(true);
  });
});
