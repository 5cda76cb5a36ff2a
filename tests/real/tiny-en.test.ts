import { beforeAll, it } from "vitest";
import { describeWithTinyEn, tinyEnFolder } from "../fixtures/real-models.ts";
import { expectTranscript } from "./expect-transcript.ts";
import { type Hear, hearInFloat } from "./float-recogniser.ts";
import { moreTranscripts, referenceTranscripts } from "./reference-transcripts.ts";

describeWithTinyEn("tiny.en in float32 against openai/whisper", () => {
  const references = referenceTranscripts("tiny.en");
  const more = moreTranscripts("tiny.en");
  let hear: Hear;
  beforeAll(async () => {
    hear = await hearInFloat(tinyEnFolder);
  });

  it.each(Object.keys(references))("tokens and segments of %s", async (file) => {
    expectTranscript(await hear(file, { timestamps: "segment" }), references[file]!.greedy);
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
