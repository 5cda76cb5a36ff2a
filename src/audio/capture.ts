import { untilAborted } from "../async/abort.ts";
import { AudioError } from "../errors.ts";

/** A stream of sound wired to the capture worklet, which posts blocks of samples, then null. */
export interface Capture {
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
}

/**
 * Begins to capture a stream; blocks arrive at `node.port`, and any message to it ends the capture.
 * @throws {AudioError} The browser does not start its audio engine.
 * @throws The signal's reason, when it aborts.
 */
export async function startCapture(
  stream: MediaStream,
  signal: AbortSignal | undefined,
): Promise<Capture> {
  // The device's own rate: Firefox refuses to join a stream to a context of another one.
  const context = new AudioContext();
  try {
    const worklet = new URL("./capture-worklet.js", import.meta.url);
    await untilAborted(context.audioWorklet.addModule(worklet), signal);
    const node = new AudioWorkletNode(context, "fwhisper-capture", { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(node);
    // A page that its user has not touched yet may wait here for as long.
    await untilAborted(context.resume(), signal);
    return { context, node };
  } catch (cause) {
    await context.close();
    signal?.throwIfAborted();
    throw new AudioError(
      "Recording could not begin: the browser did not start its audio engine. Reload the page and try again.",
      {},
      { cause },
    );
  }
}
