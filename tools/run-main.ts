import { FwhisperError } from "../src/errors.ts";
import { UsageError } from "./command-line.ts";

/**
 * Runs a program to its exit code. Errors that we know are one line on stderr; any other is a bug
 * and keeps its stack.
 *
 * @param usageHint Follows the message of a UsageError.
 */
export async function runMain(main: () => Promise<void>, usageHint: string): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
  try {
    await main();
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`fwhisper: ${error.message}\n${usageHint}\n`);
      process.exitCode = 2;
    } else if (error instanceof FwhisperError) {
      process.stderr.write(`fwhisper: ${error.name}: ${error.message}\n`);
      process.exitCode = 1;
    } else if (error instanceof DOMException && error.name === "AbortError") {
      process.exitCode = 130;
    } else {
      throw error;
    }
  }
}

/** Whoever read our output has enough of it (`fwhisper ... | head`): there is nobody to tell. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
