import { describe, expect, it } from "vitest";
import {
  type AlignmentDecoder,
  type AlignmentOptions,
  type AlignmentPass,
  findAlignment,
} from "../../src/alignment/find-alignment.ts";
import { ModelError } from "../../src/errors.ts";
import { createTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { ArrayLogits } from "../decoding/array-logits.ts";
import { ids, tinyTokenizer, vocabSize } from "../decoding/tiny-tokenizers.ts";

/** A decoder of which row r of a pass looks at the positions from looksAt[r] up to looksAt[r + 1]. */
class LookingDecoder implements AlignmentDecoder {
  readonly passes: { readonly tokens: readonly number[]; readonly pass: AlignmentPass }[] = [];
  readonly #looksAt: readonly number[];
  readonly #logits: (row: number) => Float32Array;

  constructor(
    looksAt: readonly number[],
    logits: (row: number) => Float32Array = () => new Float32Array(vocabSize),
  ) {
    this.#looksAt = looksAt;
    this.#logits = logits;
  }

  async align(tokens: readonly number[], pass: AlignmentPass): Promise<void> {
    this.passes.push({ tokens, pass });
    const { positions } = pass;
    await pass.onStep();
    for (const _ of pass.heads) {
      const scores = Float32Array.from({ length: tokens.length * positions }, (_, i) => {
        const [row, position] = [Math.floor(i / positions), i % positions];
        const isThere = position >= this.#looksAt[row]! && position < this.#looksAt[row + 1]!;
        return isThere ? 10 : 0;
      });
      pass.onScores(scores);
    }
    for (const row of pass.rows) pass.onLogits(new ArrayLogits(this.#logits(row)), row);
  }
}

const startTokens = [ids.startOfTranscript, ids.en, ids.transcribe];

function options(positions: number, changes: Partial<AlignmentOptions> = {}): AlignmentOptions {
  return {
    tokenizer: tinyTokenizer(),
    language: "en",
    startTokens,
    heads: [[0, 0]],
    positions,
    positionsPerSecond: 50,
    ...changes,
  };
}

describe("the times of words", () => {
  /** Three start tokens at the end; the row of no-timestamps is the first word's, and so on. */
  const looksAt = [200, 200, 200, 0, 20, 50, 60, 90, 100];
  const text = [ids.a, ids.space, ids.b, ids.c];

  it("begin where the token before them looks, and end where the next begins", async () => {
    const decoder = new LookingDecoder(looksAt);
    const words = await findAlignment(decoder, text, options(100));
    expect(words.map(({ word, tokens }) => [word, tokens])).toEqual([
      ["a", [ids.a]],
      [" bc", [ids.space, ids.b, ids.c]],
    ]);
    expect(words.map(({ start, end }) => [start, end])).toEqual([
      [0, 0.4],
      [0.4, 1.8],
    ]);
  });

  it("are found by one pass over start, no-timestamps, text and end-of-text", async () => {
    const decoder = new LookingDecoder(looksAt);
    const heads = [
      [0, 1],
      [1, 0],
    ] as const;
    await findAlignment(decoder, text, options(100, { heads }));
    const [{ tokens, pass }] = decoder.passes as [(typeof decoder.passes)[0]];
    expect(decoder.passes).toHaveLength(1);
    expect(tokens).toEqual([...startTokens, ids.noTimestamps, ...text, ids.endOfText]);
    expect(pass.heads).toEqual(heads);
    expect(pass.positions).toBe(100);
    expect(pass.rows).toEqual([3, 4, 5, 6]);
  });

  it("are counted by the model's own clock", async () => {
    const slow = options(100, { positionsPerSecond: 25 });
    const words = await findAlignment(new LookingDecoder(looksAt), text, slow);
    expect(words.map(({ end }) => end)).toEqual([0.8, 3.6]);
  });

  it("come one position before the start where there is no room to find them", async () => {
    // As the reference, which divides 0 by 0 there.
    for (const positions of [0, 1]) {
      const words = await findAlignment(new LookingDecoder(looksAt), text, options(positions));
      expect(words.map(({ start, end }) => [start, end])).toEqual([
        [-0.02, -0.02],
        [-0.02, -0.02],
      ]);
    }
  });

  it("of no text are none, without a pass", async () => {
    const decoder = new LookingDecoder(looksAt);
    expect(await findAlignment(decoder, [], options(100))).toEqual([]);
    expect(decoder.passes).toEqual([]);
  });

  it("stop when a step throws", async () => {
    const onStep = async () => {
      throw new Error("stop");
    };
    const found = findAlignment(new LookingDecoder(looksAt), text, options(100, { onStep }));
    await expect(found).rejects.toThrow("stop");
  });
});

describe("the probability of a word", () => {
  const looksAt = [200, 200, 200, 0, 20, 50, 60, 90, 100];

  it("is its tokens' mean, each among text alone", async () => {
    const logits = (row: number) => {
      const values = new Float32Array(vocabSize).fill(50); // markers do not count
      values.fill(0, 0, ids.endOfText);
      values[ids.a] = Math.log(row === 3 ? 3 : 1);
      return values;
    };
    const decoder = new LookingDecoder(looksAt, logits);
    const words = await findAlignment(decoder, [ids.a, ids.b, ids.space, ids.a], options(100));
    expect(words.map(({ word }) => word)).toEqual(["ab", " a"]);
    expect(words[0]!.probability).toBeCloseTo((3 / 6 + 1 / 4) / 2, 6);
    expect(words[1]!.probability).toBeCloseTo(1 / 4, 6);
  });

  it("of a fine-tune's token behind end-of-text is one among text and itself", async () => {
    const tokenizer = createTokenizer(
      {
        vocab: { a: 0, Ġ: 1 },
        merges: "",
        addedTokens: {
          "<|endoftext|>": 2,
          "<|startoftranscript|>": 3,
          "<|notimestamps|>": 4,
          hm: 5,
        },
      },
      { vocabSize: 6 },
    );
    const decoder = new LookingDecoder([60, 0, 20, 40, 60], () => new Float32Array(6));
    const words = await findAlignment(
      decoder,
      [0, 5],
      options(60, { tokenizer, language: null, startTokens: [3] }),
    );
    expect(words.map(({ word }) => word)).toEqual(["ahm"]);
    expect(words[0]!.probability).toBeCloseTo((1 / 2 + 1 / 3) / 2, 6);
  });

  it("is refused where logits are no numbers", async () => {
    const decoder = new LookingDecoder(looksAt, () => new Float32Array(vocabSize).fill(NaN));
    const found = findAlignment(decoder, [ids.a], options(100));
    await expect(found).rejects.toThrow(ModelError);
  });
});
