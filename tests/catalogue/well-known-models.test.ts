import { expect, it } from "vitest";
import {
  describeLanguages,
  findWellKnownModel,
  wellKnownModels,
} from "../../src/catalogue/well-known-models.ts";

it("every name, alias and id means one model", () => {
  const names = wellKnownModels.flatMap(({ name, id, aliases }) => [name, id, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(findWellKnownModel(name), name).toBeDefined();
});

it.each([
  ["tiny", "openai/whisper-tiny", "99 languages"],
  ["base.en", "openai/whisper-base.en", "English"],
  ["turbo", "openai/whisper-large-v3-turbo", "100 languages"],
  ["large", "openai/whisper-large-v3", "100 languages"],
  ["distil-whisper/distil-small.en", "distil-whisper/distil-small.en", "English"],
  ["ivrit-turbo", "ivrit-ai/whisper-large-v3-turbo", "Hebrew"],
  ["ivrit-large-v3", "ivrit-ai/whisper-large-v3", "Hebrew"],
])("%s is %s: %s", (name, id, languages) => {
  const model = findWellKnownModel(name)!;
  expect(model.id).toBe(id);
  expect(describeLanguages(model)).toBe(languages);
});

it.each(["embedded", "huge", "", "openai/whisper-large", "./base", "toString"])(
  "%j is none of them",
  (name) => {
    expect(findWellKnownModel(name)).toBeUndefined();
  },
);

it("no name could be meant for an id, a path or an address", () => {
  for (const { name, aliases } of wellKnownModels) {
    for (const short of [name, ...aliases]) expect(short).toMatch(/^[a-z][\w.-]*$/);
  }
});
