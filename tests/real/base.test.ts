import { beforeAll, it } from "vitest";
import { baseFolder, describeWithBase } from "../fixtures/real-models.ts";
import { expectLanguages, expectTranscript } from "./expect-transcript.ts";
import { type Hear, hearInFloat } from "./float-recogniser.ts";
import { moreTranscripts, referenceTranscripts } from "./reference-transcripts.ts";

describeWithBase("base in float32 against openai/whisper", () => {
  const references = referenceTranscripts("base");
  const more = moreTranscripts("base");
  let hear: Hear;
  beforeAll(async () => {
    hear = await hearInFloat(baseFolder);
  });

  it.each(Object.keys(references))("tokens and segments of %s", async (file) => {
    const { greedy, languageProbabilities } = references[file]!;
    const found = await hear(file, { timestamps: "segment" });
    expectTranscript(found, greedy);
    expectLanguages(found.languageProbabilities, languageProbabilities!);
  });

  it.each(Object.keys(references))("words of %s", async (file) => {
    const options = { timestamps: "word", conditionOnPreviousText: false } as const;
    expectTranscript(await hear(file, options), references[file]!.greedyWordsNoPrompt);
  });

  it.each(Object.keys(more))("words of %s, earlier text as prompt", async (file) => {
    expectTranscript(await hear(file, { timestamps: "word" }), more[file]!);
  });

  it.each(Object.keys(references).filter((file) => references[file]!.beam5))(
    "five beams on %s",
    async (file) => {
      const options = { timestamps: "segment", beamSize: 5 } as const;
      expectTranscript(await hear(file, options), references[file]!.beam5!);
    },
  );
});
