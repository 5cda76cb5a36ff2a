import { describe, expect, it } from "vitest";
import { wellKnownModels } from "../../src/catalogue/well-known-models.ts";
import { models } from "../../tools/commands/models.ts";
import { fwhisper } from "./run-command.ts";

describe("fwhisper models", () => {
  it("prints a line for each model, the embedded one first", async () => {
    const { code, stdout, stderr } = await fwhisper("models");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [head, embedded, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^name .* Hugging Face id$/);
    expect(embedded).toMatch(/^embedded +English +\(\d+\.\d MB\) +OpenAI's tiny\.en, shipped/);
    expect(lines).toHaveLength(wellKnownModels.length);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^base +99 languages +290\.\d MB( +\d+\.\d MB){3} +openai\/whisper-base$/,
      ),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^large-v3, large +100 languages +3\.09 GB .* too large +openai\/whisper-large-v3$/,
      ),
    );
  });

  it("tells all of it as JSON", async () => {
    const { stdout } = await fwhisper("models", "--json");
    const told = JSON.parse(stdout);
    expect(told.embedded).toMatchObject({ name: "embedded", bytes: expect.any(Number) });
    expect(told.embedded.bytes).toBeGreaterThan(10e6);
    expect(told.models).toEqual(wellKnownModels);
  });

  it("takes no arguments", async () => {
    await expect(models(["base"])).rejects.toThrow('Found "base", expected nothing.');
  });
});
