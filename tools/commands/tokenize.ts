import { describeModel } from "../../src/transcription/model-description.ts";
import { onePositional, parseCommand, parseIds, UsageError } from "../command-line.ts";
import { openModel } from "../node/open-model.ts";

/** `fwhisper tokenize`: text to ids, or ids to text. */
export async function tokenize(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string", default: "embedded" },
    decode: { type: "string" },
  });
  const { tokenizer } = await describeModel(openModel(values.model, { signal }));
  if (values.decode !== undefined) {
    if (positionals.length > 0) throw new UsageError("Give either TEXT or --decode.");
    const ids = parseIds(values.decode, "decode");
    process.stdout.write(`${tokenizer.decode(ids)}\n`);
    return;
  }
  const ids = tokenizer.encode(onePositional(positionals, "TEXT"));
  process.stdout.write(`${JSON.stringify(ids)}\n`);
}
