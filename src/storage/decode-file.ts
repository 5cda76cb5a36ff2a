import { ModelError } from "../errors.ts";

/** Reads a stream to its end as UTF-8. */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  file: string,
  model: string,
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = stream.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    try {
      text += decoder.decode(value, { stream: !done });
    } catch (cause) {
      await reader.cancel();
      throw new ModelError(
        `${file} of ${model} is not UTF-8 text. Download or make the model again.`,
        { file, expected: "UTF-8 text", found: "other bytes" },
        { cause },
      );
    }
    if (done) return text;
  }
}

export function parseJson(text: string, file: string, model: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = text.length > 40 ? `${text.slice(0, 40)}...` : text;
    throw new ModelError(
      `${file} of ${model} is not JSON: it begins with ${JSON.stringify(found)}. ` +
        "Check that the address is a model's folder, and load it again.",
      { file, expected: "JSON", found },
      { cause },
    );
  }
}
