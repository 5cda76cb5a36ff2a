import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  describeLanguages,
  type WellKnownModel,
  wellKnownModels,
} from "../../src/catalogue/well-known-models.ts";
import { formatBytes } from "../../src/formats/bytes.ts";
import embeddedModel from "../../src/tiny.en.ts";
import { alignColumns } from "../columns.ts";
import { parseCommand, UsageError } from "../command-line.ts";

/** What WebAssembly addresses: larger weights cannot be loaded. */
const MOST_BYTES = 2 ** 32;

/** `fwhisper models`: well-known checkpoints with their sizes. Downloads nothing. */
export async function models(args: string[]): Promise<void> {
  const { values, positionals } = parseCommand(args, { json: { type: "boolean", default: false } });
  if (positionals.length > 0) throw new UsageError(`Found "${positionals[0]}", expected nothing.`);
  const embedded = await embeddedRow();
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ embedded, models: wellKnownModels })}\n`
      : `${alignColumns(
          [
            ["name", "languages", "download", "memory: int8", "int4", "f32", "Hugging Face id"],
            ["embedded", "English", `(${formatBytes(embedded.bytes)})`, "", "", "", embedded.note],
            ...wellKnownModels.map(describeModel),
          ],
          (column) => column >= 2 && column <= 5,
        ).join("\n")}\n`,
  );
}

async function embeddedRow() {
  const files = Object.values(embeddedModel.files);
  const sizes = await Promise.all(files.map(async (url) => (await stat(fileURLToPath(url))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { name: "embedded", bytes, note: "OpenAI's tiny.en, shipped with fwhisper" };
}

function describeModel(model: WellKnownModel): string[] {
  const { name, aliases, id, sizes } = model;
  const { int8, int4, f32 } = sizes.memoryBytes;
  return [
    [name, ...aliases].join(", "),
    describeLanguages(model),
    formatBytes(sizes.downloadBytes),
    ...[int8, int4, f32].map((bytes) => (bytes < MOST_BYTES ? formatBytes(bytes) : "too large")),
    id,
  ];
}
