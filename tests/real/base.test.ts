import { beforeAll, it } from "vitest";
import { baseFolder, describeWithBase } from "../fixtures/real-models.ts";
import { expectLanguages, expectTranscript } from "./expect-transcript.ts";
import { type Hear, hearInFloat, LOADING_SECONDS } from "./float-recogniser.ts";
import { moreTranscripts, referenceTranscripts } from "./reference-transcripts.ts";

// A handful: a window takes base three times as long as tiny.en.
describeWithBase("base in float32 against openai/whisper", () => {
  const references = referenceTranscripts("base");
  const more = moreTranscripts("base");
  /** Detecting it encodes the first window twice, as the reference does. */
  const language = "en";
  let hear: Hear;
  beforeAll(async () => {
    hear = await hearInFloat(baseFolder);
  }, LOADING_SECONDS * 1000);

  it.each(["jfk.flac", "ls1.flac", "lv0880.flac"])(
    "languages, tokens and segments of %s",
    async (file) => {
      const { greedy, languageProbabilities } = references[file]!;
      const found = await hear(file, { timestamps: "segment" });
      expectTranscript(found, greedy);
      expectLanguages(found.languageProbabilities, languageProbabilities!);
    },
  );

  it.each(["ls0.flac", "long.flac"])("tokens and segments of %s", async (file) => {
    const options = { language, timestamps: "segment" } as const;
    expectTranscript(await hear(file, options), references[file]!.greedy);
  });

  it.each(["jfk.flac", "lv0890.flac"])("words of %s", async (file) => {
    const options = { language, timestamps: "word", conditionOnPreviousText: false } as const;
    expectTranscript(await hear(file, options), references[file]!.greedyWordsNoPrompt);
  });

  it.each(["az_langdetect.flac", "sb_LJ050-0131.flac"])(
    "words of %s, earlier text as prompt",
    async (file) => {
      expectTranscript(await hear(file, { language, timestamps: "word" }), more[file]!);
    },
  );

  it.each(["jfk.flac", "ls1.flac"])("five beams on %s", async (file) => {
    const options = { language, timestamps: "segment", beamSize: 5 } as const;
    expectTranscript(await hear(file, options), references[file]!.beam5!);
  });
});
