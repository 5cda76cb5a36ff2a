import { expect, it } from "vitest";
import { runTool } from "./run-command.ts";

it("npm start hears the sample's sentence with the embedded model, and tells how quickly", async () => {
  const { code, stdout, stderr } = await runTool("start.ts", ["--once"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [sentence, loaded, factor, ...rest] = stdout.trimEnd().split("\n");
  expect(sentence).toMatch(
    /^Sample of 11\.00 s: And so,? my fellow Americans,? ask not what your country can do for you,? ask what you can do for your country\.?$/,
  );
  expect(loaded).toMatch(/^Loaded in \d+\.\d\d s$/);
  expect(factor).toMatch(/^Real-time factor: \d+\.\d{4}$/);
  expect(rest).toEqual([]);
});
