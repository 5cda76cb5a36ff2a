import { ModelError } from "../errors.ts";

/**
 * Refuses names that could lead out of the model's folder. The names of shards come from
 * model.safetensors.index.json, which is a stranger's text.
 */
export function checkFileName(file: string, model: string): void {
  const segments = file.split("/");
  if (segments.every((segment) => /^\w[\w.-]*$/.test(segment))) return;
  throw new ModelError(
    `${model} asks for the file "${file}", which is no plain name inside the model's folder. ` +
      "Names may hold letters, digits, '.', '-', '_' and '/'.",
    { file, expected: "a name inside the model's folder", found: file },
  );
}
