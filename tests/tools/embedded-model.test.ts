import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hasRecordings, realFolder } from "../../tools/quality/recordings.ts";
import { fwhisper } from "./run-command.ts";

const embedded = fileURLToPath(new URL("../../public/models/tiny.en", import.meta.url));
const source = join(realFolder, "models/whisper-tiny.en");

/** Arguments of the command in the model's card, with the folders of this machine. */
function documentedCommand(out: string): string[] {
  const card = readFileSync(join(embedded, "README.md"), "utf8");
  const [, command] = /fwhisper -- (recast .*)/.exec(card)!;
  return command!
    .split(" ")
    .map((arg) => (arg === "OUT" ? out : arg.replace(/^\.\.\/shared\/real/, resolve(realFolder))));
}

describe("the embedded model", () => {
  const canMake = existsSync(source) && hasRecordings();

  it.skipIf(!canMake)(
    "is what the command in its card makes, bit for bit",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "fwhisper-"));
      try {
        const out = join(folder, "tiny.en");
        expect(await fwhisper(...documentedCommand(out))).toMatchObject({ code: 0 });
        for (const file of ["model.safetensors", "config.json", "tokenizer.json"]) {
          const [made, shipped] = [out, embedded].map((path) => readFileSync(join(path, file)));
          expect(made!.equals(shipped!), file).toBe(true);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    // Some three minutes on two processors that have nothing else to do.
    900_000,
  );

  it("has no more bytes than its budget", () => {
    expect(readFileSync(join(embedded, "model.safetensors")).length).toBeLessThan(20_000_000);
  });
});
