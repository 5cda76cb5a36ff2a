import { readConfig, readTokenizer } from "../../src/checkpoint/model-description.ts";
import { onePositional, parseIds, takeOption, UsageError } from "../command-line.ts";
import { readModel } from "../node/open-model.ts";

/** `fwhisper tokenize`: text to ids, or ids to text. */
export async function tokenize(args: string[], signal: AbortSignal): Promise<void> {
  const rest = [...args];
  const model = takeOption(rest, "model") ?? "embedded";
  const decode = takeOption(rest, "decode");
  // A `--` before TEXT only ends the options; alone it is the text.
  if (rest.length > 1 && rest[0] === "--") rest.shift();
  if (decode !== undefined && rest.length > 0)
    throw new UsageError("Give either TEXT or --decode.");
  const input = decode === undefined ? onePositional(rest, "TEXT") : parseIds(decode, "decode");

  const tokenizer = await readModel(model, { signal }, async (source) => {
    const { config } = await readConfig(source);
    return readTokenizer(source, config.vocabSize);
  });
  const output =
    typeof input === "string" ? JSON.stringify(tokenizer.encode(input)) : tokenizer.decode(input);
  process.stdout.write(`${output}\n`);
}
