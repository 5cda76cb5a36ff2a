import { expect, it } from "vitest";
import { AlignmentMatrix } from "../../src/alignment/alignment-matrix.ts";
import { warp } from "../../src/alignment/dtw.ts";
import {
  type AlignmentOptions,
  alignTokens,
  findAlignment,
} from "../../src/alignment/find-alignment.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { maxDifference } from "../fixtures/compare.ts";
import {
  describeWithReference,
  referenceF32,
  referenceJson,
  referencePath,
} from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";

interface Case {
  readonly language: string | null;
  readonly text_tokens: number[];
  readonly num_frames: number;
  readonly sequence: number[];
  readonly options: { readonly medfilt_width?: number; readonly qk_scale?: number };
  readonly text_indices?: number[];
  readonly time_indices?: number[];
  readonly token_start_times: number[];
  readonly token_probabilities: number[];
  readonly words: {
    readonly word: string;
    readonly tokens: number[];
    readonly start: number;
    readonly end: number;
    readonly probability: number;
  }[];
}

const POSITIONS_PER_SECOND = 50;

async function openClip(name: string, weights?: WeightsKind) {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath(`models/${name}`));
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config, { weights });
  const logMel = kernels.heap.copyF32(referenceLogMel());
  const audio = await model.encoder.encode(logMel, 3000, async () => {});
  return { description, decoder: new DecodingState(model.decoder, audio) };
}

type Clip = Awaited<ReturnType<typeof openClip>>;

function toOptions({ description }: Clip, each: Case): AlignmentOptions {
  const { tokenizer, generation } = description;
  const { noTimestamps } = tokenizer.special;
  const { medfilt_width: medianWidth, qk_scale: scoreScale } = each.options;
  return {
    tokenizer,
    language: each.language,
    startTokens: each.sequence.slice(0, each.sequence.indexOf(noTimestamps)),
    heads: generation.alignmentHeads,
    positions: Math.floor(each.num_frames / 2),
    positionsPerSecond: POSITIONS_PER_SECOND,
    ...(medianWidth !== undefined && { medianWidth }),
    ...(scoreScale !== undefined && { scoreScale }),
  };
}

/** The costs of case 0, [rows, positions], and the rows. */
async function costsOf(clip: Clip, each: Case) {
  const { heads, positions, startTokens } = toOptions(clip, each);
  const rows = { from: startTokens.length, to: each.sequence.length - 1 };
  const matrix = new AlignmentMatrix(each.sequence.length, positions, rows);
  await clip.decoder.align(each.sequence, {
    heads,
    positions,
    onScores: (scores) => matrix.add(scores),
    rows: [],
    onLogits: () => {},
    onStep: async () => {},
  });
  return { costs: matrix.costs(), positions, rows: rows.to - rows.from };
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "alignment against OpenAI's: %s",
  (name) => {
    const cases: Case[] = referenceJson(`refs/${name}/alignment.json`).cases;

    it.each(cases)(
      "language $language, $num_frames frames, $options, $words.length words",
      async (each) => {
        const clip = await openClip(name);
        const options = toOptions(clip, each);
        const tokens = await alignTokens(clip.decoder, each.text_tokens, options);
        const times = tokens.starts.map((start) => start / POSITIONS_PER_SECOND);
        expect(times).toEqual(each.token_start_times);
        expect(maxDifference(tokens.probabilities, each.token_probabilities)).toBeLessThan(1e-5);
        const words = await findAlignment(clip.decoder, each.text_tokens, options);
        expect(words.map(({ probability, ...word }) => word)).toEqual(
          each.words.map(({ probability, ...word }) => word),
        );
        const probabilities = words.map(({ probability }) => probability);
        const expected = each.words.map(({ probability }) => probability);
        expect(maxDifference(probabilities, expected)).toBeLessThan(1e-5);
      },
    );

    it("takes the same way through the matrix", async () => {
      const clip = await openClip(name);
      const { costs, rows, positions } = await costsOf(clip, cases[0]!);
      const path = warp(costs, rows, positions);
      expect([...path.rows]).toEqual(cases[0]!.text_indices);
      expect([...path.columns]).toEqual(cases[0]!.time_indices);
    });

    it("leaves what was fed before as it is", async () => {
      const { decoder, description } = await openClip(name);
      const { startOfTranscript } = description.tokenizer.special;
      const [before] = decoder.feed([startOfTranscript, 5, 6], [2]);
      const expected = before!.values.slice();
      decoder.reset();
      decoder.feed([startOfTranscript, 5], []);
      await findAlignment(
        decoder,
        cases[0]!.text_tokens,
        toOptions({ decoder, description }, cases[0]!),
      );
      expect(maxDifference(decoder.feed([6], [0])[0]!.values, expected)).toBeLessThan(1e-4);
    });
  },
);

describeWithReference("the alignment matrix against OpenAI's", () => {
  const [first]: Case[] = referenceJson("refs/en-d64-f32/alignment.json").cases;

  it("is the same to 1e-4 with f32 weights", async () => {
    const expected = referenceF32("refs/en-d64-f32/alignment_matrix.f32").map((x) => -x);
    const { costs } = await costsOf(await openClip("en-d64-f32"), first!);
    expect(maxDifference(costs.subarray(0, expected.length), expected)).toBeLessThan(1e-4);
  });
});
