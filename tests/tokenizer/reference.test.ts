import { expect, it } from "vitest";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";
import { openTokenizer } from "./files.ts";

interface Encoding {
  readonly text: string;
  readonly ids: readonly number[];
}

describeWithReference("the tokenizer against OpenAI's: the full multilingual vocabulary", () => {
  const expected = referenceJson("tokenizer/multilingual.json");
  const tokenizer = openTokenizer("multi-d32-f16", "vocab.json");

  it.each(expected.encode as Encoding[])("encodes and decodes $text", ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decodeText(ids)).toBe(text);
  });

  it.each(expected.decode_invalid_utf8 as Encoding[])(
    "decodes the broken UTF-8 of $ids",
    ({ ids, text }) => {
      expect(tokenizer.decode(ids)).toBe(text);
    },
  );

  it.each(
    expected.decode_special as { ids: number[]; decode: string; decode_with_timestamps: string }[],
  )("decodes the special tokens of $ids", (example) => {
    // This model's files write the same token by its older name.
    const inFiles = (text: string) => text.replace("<|nospeech|>", "<|nocaptions|>");
    expect(tokenizer.decode(example.ids)).toBe(inFiles(example.decode));
    expect(tokenizer.decodeWithTimestamps(example.ids)).toBe(
      inFiles(example.decode_with_timestamps),
    );
  });

  it("finds the special tokens", () => {
    expect(tokenizer.special).toEqual({
      endOfText: expected.special.eot,
      startOfTranscript: expected.special.sot,
      translate: expected.special.translate,
      transcribe: expected.special.transcribe,
      startOfLm: expected.special.sot_lm,
      startOfPrev: expected.special.sot_prev,
      noSpeech: expected.special.no_speech,
      noTimestamps: expected.special.no_timestamps,
      timestampBegin: expected.special.timestamp_begin,
      timestampEnd: expected.n_vocab,
    });
    expect(tokenizer.vocabSize).toBe(expected.n_vocab);
    expect(tokenizer.space).toBe(220);
  });

  it("finds the languages", () => {
    expect(Object.fromEntries(tokenizer.languages)).toEqual(expected.language_ids);
    expect([...tokenizer.languages.keys()].slice(0, 3)).toEqual(["en", "zh", "de"]);
  });

  it("takes exactly the special tokens for markers", () => {
    const everyId = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
    const markers = everyId.filter((id) => id !== 50256 && tokenizer.decodeText([id]) === "");
    expect(markers).toEqual(everyId.slice(50257));
  });

  it("decodes the empty token to nothing", () => {
    expect(tokenizer.decode([64, 50256, 65])).toBe("ab");
  });

  it("encodes a run of a hundred thousand letters", () => {
    // Four letters a token, as the reference's run of thirty shows; quadratic work would time out.
    const ids = tokenizer.encode("a".repeat(100_000));
    expect(ids).toHaveLength(100_000 / 4);
    expect(new Set(ids)).toEqual(new Set([16425]));
  });

  it("decodes what it encoded, whatever the text", () => {
    const text =
      "\ufeff<|en|> \u0085\u2028\u200b\t ½ \u{1f469}\u200d\u{1f467} İstanbul 'S're\r\n\r\n  x";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode("<|en|>")).not.toContain(tokenizer.languages.get("en"));
  });
});

describeWithReference("the tokenizer against OpenAI's: a vocabulary cut short", () => {
  const expected = referenceJson("tokenizer/cut_vocabulary_of_the_en_model.json");

  it.each(["tokenizer.json", "vocab.json"] as const)("by %s", (by) => {
    const tokenizer = openTokenizer("en-d64-f32", by);
    for (const { text, ids } of expected.encode as Encoding[]) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
    expect(tokenizer.special).toEqual({
      endOfText: 341,
      startOfTranscript: 342,
      translate: 442,
      transcribe: 443,
      startOfLm: 444,
      startOfPrev: 445,
      noSpeech: 446,
      noTimestamps: 447,
      timestampBegin: 448,
      timestampEnd: 1949,
    });
    expect(tokenizer.languages.get("en")).toBe(343);
    expect(tokenizer.languages.size).toBe(99);
  });

  it("knows timestamps that the files do not list", () => {
    const tokenizer = openTokenizer("en-d64-f32", "vocab.json");
    expect(tokenizer.decodeWithTimestamps([448, 64, 505, 1948, 341])).toBe(
      "<|0.00|>a<|1.14|><|30.00|><|endoftext|>",
    );
    expect(tokenizer.decode([448, 64, 505, 1948, 341])).toBe("a<|endoftext|>");
    expect(tokenizer.decodeText([342, 448, 64, 505, 1948, 341])).toBe("a");
  });
});

describeWithReference("the tokenizer of a model in the style of large-v3", () => {
  it.each(["tokenizer.json", "vocab.json"] as const)("by %s", (by) => {
    const tokenizer = openTokenizer("multi-d192-f16-v3", by);
    expect(tokenizer.special.noSpeech).toBe(406);
    expect(tokenizer.special.timestampBegin).toBe(408);
    expect(tokenizer.special.timestampEnd).toBe(1909);
    expect(tokenizer.languages.size).toBe(100);
    expect(tokenizer.languages.get("yue")).toBe(401);
    expect(tokenizer.decodeWithTimestamps(tokenizer.encode(" the you and"))).toBe(" the you and");
    expect(tokenizer.encode(" the")).toHaveLength(1); // by a merge of two merged parts
  });
});
