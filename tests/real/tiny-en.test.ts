import { beforeAll, it } from "vitest";
import { describeWithTinyEn, tinyEnFolder } from "../fixtures/real-models.ts";
import { expectTranscript } from "./expect-transcript.ts";
import { type Hear, hearInFloat, LOADING_SECONDS } from "./float-recogniser.ts";
import { moreTranscripts, referenceTranscripts } from "./reference-transcripts.ts";

describeWithTinyEn("tiny.en in float32 against openai/whisper", () => {
  const references = referenceTranscripts("tiny.en");
  const more = moreTranscripts("tiny.en");
  let hear: Hear;
  beforeAll(async () => {
    hear = await hearInFloat(tinyEnFolder);
  }, LOADING_SECONDS * 1000);

  it.each(Object.keys(references))("tokens and segments of %s", async (file) => {
    expectTranscript(await hear(file, { timestamps: "segment" }), references[file]!.greedy);
  });

  it.each(["jfk.flac", "ls0.flac", "lv0890.flac", "long.flac"])("words of %s", async (file) => {
    const options = { timestamps: "word", conditionOnPreviousText: false } as const;
    expectTranscript(await hear(file, options), references[file]!.greedyWordsNoPrompt);
  });

  // The two minutes of az_service say no more than those of az_about.
  it.each(Object.keys(more).filter((file) => file !== "az_service.flac"))(
    "words of %s, earlier text as prompt",
    async (file) => expectTranscript(await hear(file, { timestamps: "word" }), more[file]!),
  );

  it.each(["jfk.flac", "ls1.flac"])("five beams on %s", async (file) => {
    const options = { timestamps: "segment", beamSize: 5 } as const;
    expectTranscript(await hear(file, options), references[file]!.beam5!);
  });
});
